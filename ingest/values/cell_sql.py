"""Writes SQL for one cell: its text -> the declared type, and whether it marks a row that is not data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ingest.contract import LANDED_TYPES, Column, ColumnType
from ingest.values.dates import moment_sql
from ingest.values.nothing import NOTHING, SHEET_ERROR, Nothing
from ingest.values.numbers import number_sql
from ingest.vietnamese.text import normalise_name
from warehouse.sql import quote_text

# Visible and invisible spaces that spreadsheets and web exports leave around a value.
BLANKS = " \t\r\n\u00a0\u200b\ufeff"
_AROUND_NUMBERS = BLANKS + "'"
# Invisible marks inside a word.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
# Tab, line ends, blank and quote.
_ODD_ASCII = (9, 10, 13, 32, 34)
# A number typed as text has a leading apostrophe, or stands in a formula; a date cell shows the day alone.
_AS_SHOWN = (
    (r"^'(\d[\d./-]*)$", r"\1"),
    (r'^="([^"]*)"$', r"\1"),
    (r"^(\d{4})-(\d\d)-(\d\d) 00:00:00$", r"\3/\2/\1"),
)
# Software that reads numbers as floating point writes 15501.0 for 15501.
_WHOLE_NUMBER = r"^(\d{3,})\.0$"
_POWER_OF_TEN = r"\d+(?:[.,]\d+)?E\+\d+"


def can_fail(column: Column) -> bool:
    """Returns whether parsing can reject a cell: of a text, an error of a spreadsheet or a code that lost its digits.

    Unknown labels and agencies keep their text for a rule to judge.
    """
    return column.treatment == "land" and column.type in (
        ColumnType.INTEGER,
        ColumnType.DECIMAL,
        ColumnType.DATE,
        ColumnType.TIMESTAMP,
        ColumnType.BOOLEAN,
        ColumnType.TEXT,
    )


def parse_sql(column: Column, cell: str, nothing: Nothing = NOTHING, is_key: bool = False) -> str:
    """Returns SQL that turns a cell's text into the declared type, NULL when it is blank or does not parse.

    Almost no cell has blanks around it, and trimming every cell would cost more than reading the file, so only cells
    that do not parse unchanged are trimmed. `is_key`: the text is a code, which lost digits where Excel wrote a power
    of ten.
    """
    value = _value_sql(column, cell, nothing, is_key)
    if column.missing:
        return f"case when {missing_sql(column, cell)} is null then {value} end"
    return value


def failed_sql(column: Column, typed: str, cell: str, nothing: Nothing = NOTHING) -> str:
    """Returns SQL that is true when a filled cell is neither of the declared type nor a declared missing value."""
    is_known = f" and {missing_sql(column, cell)} is null" if column.missing else ""
    return (
        f"case when {typed} is null{is_known} then {is_filled(cell)} and not {nothing_sql(column, cell, nothing)} end"
    )


def nothing_sql(column: Column, cell: str, nothing: Nothing) -> str:
    """Returns SQL that is true for a filled cell that says nothing; for the few cells that have no value."""
    pattern = nothing.pattern(column.type in (ColumnType.DATE, ColumnType.TIMESTAMP))
    return f"coalesce(regexp_full_match(lower(trim({cell}, '{BLANKS}')), {quote_text(pattern)}), false)"


def missing_sql(column: Column, cell: str) -> str:
    """Returns SQL for the reason of a missing value, NULL for text that the contract does not list."""
    folded = f"lower(nfc_normalize(coalesce(trim({cell}, '{BLANKS}'), '')))"
    known = " ".join(
        f"when {quote_text(unicodedata.normalize('NFC', text).lower())} then {quote_text(reason)}"
        for reason, texts in column.missing.items()
        for text in texts
    )
    return f"case {folded} {known} end"


def _value_sql(column: Column, cell: str, nothing: Nothing, is_key: bool) -> str:
    trimmed = f"trim({cell}, '{BLANKS}')"
    if column.treatment == "key":
        return f"pseudonym_{column.name}(case when {nothing.word_sql(cell)} then null else {cell} end)"
    if column.type is ColumnType.BOOLEAN:
        return f"try_cast({_choice_sql(column, cell)} as boolean)"
    if column.type is ColumnType.CHOICE:
        return _choice_sql(column, cell)
    if column.type is ColumnType.AGENCY:
        return f"coalesce(fold_{column.name}.alias_key, fold_name({cell}))"
    if column.type is ColumnType.TEXT:
        return _text_sql(column, cell, nothing, is_key)
    if column.pattern is not None:
        cell = _extract_sql(column.pattern, trimmed)
    unmarked = f"trim({cell}, {quote_text(_AROUND_NUMBERS)})"
    if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP):
        return moment_sql(column, cell, unmarked)
    return number_sql(column, unmarked)


def _text_sql(column: Column, cell: str, nothing: Nothing, is_key: bool) -> str:
    """Returns SQL for the text as a reader sees it; almost every cell is plain and stays as it is."""
    visible = f"translate(replace({cell}, '_x000D_', ''), {quote_text(_INVISIBLE)}, '')"
    clean = f"nfc_normalize(trim({visible}, '{BLANKS}'))"
    if column.cut is not None:
        cut = "|".join(unicodedata.normalize(form, column.cut) for form in ("NFC", "NFD"))
        clean = f"regexp_replace({clean}, {quote_text(f'(?i)(?:{cut})$')}, '')"
    for pattern, replacement in _AS_SHOWN:
        clean = f"regexp_replace({clean}, {quote_text(pattern)}, {quote_text(replacement)})"
    if is_key:
        clean = f"regexp_replace({clean}, {quote_text(_WHOLE_NUMBER)}, '\\1')"
    lost = f"|{_POWER_OF_TEN}" if is_key else ""
    clean = f"nullif(regexp_replace({clean}, {quote_text(f'^(?i:{SHEET_ERROR.pattern}{lost})$')}, ''), '')"
    odd = [f"contains({cell}, chr({code}))" for code in _ODD_ASCII]
    odd += [f"contains({cell}, '_x000D_')", f"starts_with({cell}, 'Err:')"]
    if is_key:
        odd += [f"ends_with({cell}, '.0')", f"contains({cell}, 'E+')", f"contains({cell}, 'e+')"]
    # As many bytes as letters means ASCII, which has one Unicode form. The apostrophe sorts before "(".
    is_plain = f"strlen({cell}) = length({cell}) and {cell} >= '(' and not ({' or '.join(odd)})"
    return f"case when {nothing.word_sql(cell)} then null when {is_plain} then {cell} else {clean} end"


def part_sql(cell: str, pattern: str) -> str:
    """Returns SQL for the group `value` of a cell that matches as a whole, NULL for others."""
    return f"nullif({_extract_sql(pattern, f'trim({cell})')}, '')"


def _extract_sql(pattern: str, text: str) -> str:
    """Returns SQL for the group `value` of a fully matching text, ignoring case; empty for other texts."""
    composed = unicodedata.normalize("NFC", pattern)
    group = re.compile(pattern).groupindex["value"]
    return f"regexp_extract(nfc_normalize({text}), {quote_text(f'^(?i:{composed})$')}, {group})"


def _choice_sql(column: Column, cell: str) -> str:
    """Returns SQL that compares labels as the contract writes them and calls the function for other spellings."""
    known = " ".join(
        f"when {quote_text(label)} then {quote_text(value)}"
        for value, labels in column.values.items()
        for label in labels
    )
    return f"case {cell} {known} else value_of_{column.name}({cell}) end"


def is_filled(cell: str) -> str:
    """Returns SQL that is true for a cell with visible text."""
    return f"trim({cell}, '{BLANKS}') <> ''"


def value_of(column: Column, nothing: Nothing = NOTHING) -> Callable[[str], str | None]:
    """Returns a function label -> value of a closed list; an unknown label keeps its text for a rule to judge."""
    values = {normalise_name(label): value for value, labels in column.values.items() for label in [value, *labels]}
    return nothing.reader(
        lambda text: values.get(normalise_name(text), unicodedata.normalize("NFC", text).strip(BLANKS)) or None
    )


def exclusion_sql(column: str, pattern: str | None) -> str:
    """Returns SQL that is true for a declared non-data row."""
    return (
        f"case when {column} is not null then {is_filled(column)} end"
        if pattern is None
        else match_sql(column, pattern)
    )


def match_sql(cell: str, pattern: str) -> str:
    """Returns SQL that is true when the whole trimmed cell matches, in any case and Unicode form.

    The expression contains both Unicode forms, which costs less than normalising the cell.
    """
    forms = "|".join(unicodedata.normalize(form, pattern) for form in ("NFC", "NFD"))
    expression = rf"(?is)\s*(?:{forms})\s*"
    return f"regexp_full_match({cell}, {quote_text(expression)})"


def landed_sql(column: Column, is_present: bool, is_opposite: bool) -> str:
    """Returns SQL for the landed column, and for the reason of a missing value.

    `is_opposite`: the header means the opposite of the column's name.
    """
    kind = "VARCHAR" if column.treatment == "key" else LANDED_TYPES[column.type]
    if not is_present:
        absent = f"cast(null as {kind}) as {column.name}"
        return f"{absent}, cast(null as varchar) as {column.missing_reason}" if column.missing else absent
    if column.type is ColumnType.AGENCY:
        return f"alias_{column.name}.agency_id as {column.name}"
    value = f"{'not ' if is_opposite else ''}p.typed_{column.name} as {column.name}"
    if column.missing:
        return f"{value}, {missing_sql(column, 'p.' + column.name)} as {column.missing_reason}"
    return value
