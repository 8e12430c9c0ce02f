"""SQL for dates in the declared list of formats; a day and a month are never guessed."""

from __future__ import annotations

import re
import unicodedata

from ingest.contract import EXCEL_SERIAL, LANDED_TYPES, Column
from warehouse.sql import quote_text

# A year up to here has lost its century, or is the zero of some software.
_BEFORE = "1899-12-31"
_LETTERS = re.compile(r"%.|[^%]+")


def plain_formats(column: Column) -> list[str]:
    """The declared formats that are tried on a cell as it stands: those without words."""
    return [form for form in column.formats if form != EXCEL_SERIAL and form.isascii()]


def moment_sql(column: Column, cell: str, trimmed: str) -> str:
    """SQL from a cell to its date or time, NULL for a text in none of the formats and for a day that does not exist.

    Formats with words (`ngày %d tháng %m năm %Y`) are compared in small letters, composed, with single spaces.
    `excel_serial` is the number of days that Excel shows as a date, the fraction being the time, rounded to seconds.
    """
    plain = _listed(plain_formats(column))
    tries = [f"try_strptime({cell}, {plain})", f"try_strptime({trimmed}, {plain})"] if plain else []
    if words := _listed([_small(form) for form in column.formats if not form.isascii()]):
        folded = rf"regexp_replace(lower(nfc_normalize({trimmed})), '\s+', ' ', 'g')"
        tries.append(f"try_strptime({folded}, {words})")
    if EXCEL_SERIAL in column.formats:
        seconds = f"cast(round(cast(replace({trimmed}, ',', '.') as double) * 86400) as bigint)"
        tries.append(
            rf"case when regexp_full_match({trimmed}, '\d{{5}}([.,]\d+)?') "
            f"then timestamp '1899-12-30' + to_seconds({seconds}) end"
        )
    moment = f"coalesce({', '.join(tries)})" if len(tries) > 1 else tries[0]
    dated = f"nullif(greatest({moment}, timestamp '{_BEFORE}'), timestamp '{_BEFORE}')"
    return f"cast({dated} as {LANDED_TYPES[column.type]})"


def _listed(formats: list[str]) -> str:
    """SQL list; a year of two digits is tried first, because `%Y` takes it for one of the first century."""
    ordered = sorted(formats, key=lambda form: "%y" not in form)
    return f"[{', '.join(map(quote_text, ordered))}]" if ordered else ""


def _small(form: str) -> str:
    """The words of a format in small letters, its directives as they are."""
    composed = unicodedata.normalize("NFC", form)
    return _LETTERS.sub(lambda part: part[0] if part[0].startswith("%") else part[0].lower(), composed)
