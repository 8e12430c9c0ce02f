"""Recognises what a cell shows that is no value: words for nothing, zero dates, and errors of a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from ingest.vietnamese.text import tidy
from warehouse.sql import quote_text

# What Excel and LibreOffice show for a formula that failed, and what the reader puts for one that was not calculated.
NOT_CALCULATED = "#CHƯA TÍNH!"
SHEET_ERROR = re.compile(
    r"#(?:N/A|NAME\?|VALUE!|REF!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|CHƯA TÍNH!)|Err:\d{3}|#+", re.I
)


class Nothing(BaseModel):
    """What a source's software writes where there is no value; letter case is ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: list[str] = Field(
        ["NULL", "(null)", "[null]", "<null>", r"\N", "N/A", "NaN", "None", "nil", "undefined"],
        description="words for nothing, in a cell of any type",
    )
    dates: list[str] = Field(
        [
            *("0001-01-01", "01/01/0001", "1/1/0001", "01-01-0001", "1753-01-01", "01/01/1753", "1/1/1753"),
            *("1900-01-01", "01/01/1900", "1/1/1900", "1900-01-00", "00/01/1900", "0/1/1900", "1899-12-30"),
            *("30/12/1899", "0000-00-00", "00/00/0000", "-", "--", "–", "—", "0"),
            *("false", "không", "chưa"),
        ],
        description="zero dates of software and signs for nothing, in a cell of a date, with any time of day behind",
    )

    def pattern(self, is_moment: bool) -> str:
        """Returns a regular expression over the whole trimmed cell in lower case."""
        words = "|".join(re.escape(word.lower()) for word in self.words)
        if not is_moment:
            return words
        dates = "|".join(re.escape(text.lower()) for text in self.dates)
        return rf"{words}|(?:{dates})(?:[ t]+[\d:.]+(?: ?[ap]m)?z?)?"

    def reader(self, function: Callable[[str], str | None]) -> Callable[[str], str | None]:
        """Returns the function for texts that say something; a word for nothing gives None."""
        words = frozenset(word.lower() for word in self.words)
        return lambda text: None if tidy(text).lower() in words else function(text)

    def word_sql(self, cell: str) -> str:
        """Returns SQL that is true for a cell that is a word for nothing as usually written."""
        listed = dict.fromkeys(form for word in self.words for form in (word, word.lower(), word.upper()))
        return f"{cell} in ({', '.join(map(quote_text, listed))})"


NOTHING = Nothing()
