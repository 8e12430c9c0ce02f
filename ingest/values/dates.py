"""Writes SQL for dates in the declared formats; it never guesses which number is the day and which the month."""

from __future__ import annotations

import re
import unicodedata

from ingest.contract import EXCEL_SERIAL, LANDED_TYPES, Column
from warehouse.sql import quote_text

# A year up to this one lacks its century or is the zero date of some software.
_BEFORE = "1900-12-31"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SPACES = "[\\s\u00a0\u2000-\u200a\u202f\u3000]+"
_LETTERS = re.compile(r"%.|[^%]+")


def plain_formats(column: Column) -> list[str]:
    """Returns the declared formats without words, which are tried on the unchanged cell."""
    return [form for form in column.formats if form != EXCEL_SERIAL and form.isascii()]


def moment_sql(column: Column, cell: str, trimmed: str) -> str:
    """Returns SQL from a cell to its date or time, NULL for other text and for a day that does not exist.

    Formats with words (`ngày %d tháng %m năm %Y`) are compared in lower case, composed, with single spaces.
    `excel_serial` is the number of days that Excel shows as a date, the fraction being the time, rounded to seconds.
    """
    plain = _listed(plain_formats(column))
    # Web pages and spreadsheets put other spaces, and invisible marks, between the day and the time. A third try
    # would cost as much as the two in every row.
    spaced = f"regexp_replace(translate({trimmed}, {quote_text(_INVISIBLE)}, ''), {quote_text(_SPACES)}, ' ', 'g')"
    repaired = f"case when strlen({cell}) > length({cell}) then trim({spaced}) else {trimmed} end"
    tries = [f"try_strptime({cell}, {plain})", f"try_strptime({repaired}, {plain})"] if plain else []
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
    if column.by_minute:
        moment = f"date_trunc('minute', {moment})"
    dated = f"nullif(greatest({moment}, timestamp '{_BEFORE}'), timestamp '{_BEFORE}')"
    return f"cast({dated} as {LANDED_TYPES[column.type]})"


def _listed(formats: list[str]) -> str:
    """Returns a SQL list of formats; two-digit years come first, because `%Y` reads them as the first century."""
    ordered = sorted(formats, key=lambda form: "%y" not in form)
    return f"[{', '.join(map(quote_text, ordered))}]" if ordered else ""


def _small(form: str) -> str:
    """Lowers the words of a format and keeps its directives."""
    composed = unicodedata.normalize("NFC", form)
    return _LETTERS.sub(lambda part: part[0] if part[0].startswith("%") else part[0].lower(), composed)
