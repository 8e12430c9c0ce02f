"""Writes SQL for one cell: its text -> the declared type, and whether it marks a row that is not data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from ingest.contract import LANDED_TYPES, Column, ColumnType
from ingest.values.dates import moment_sql
from ingest.values.numbers import number_sql
from ingest.vietnamese.text import normalise_name
from warehouse.sql import quote_text

# Visible and invisible spaces that spreadsheets and web exports leave around a value.
BLANKS = " \t\r\n\u00a0\u200b\ufeff"
_AROUND_NUMBERS = BLANKS + "'"
_ASCII_BLANKS = (9, 10, 32)
# A spreadsheet marks a number typed as text by a leading apostrophe, which some exports keep.
_TYPED_AS_TEXT = r"^'(\d[\d./-]*)$"


def can_fail(column: Column) -> bool:
    """Returns whether parsing can reject a cell. Unknown labels and agencies keep their text for a rule to judge."""
    return column.treatment == "land" and column.type in (
        ColumnType.INTEGER,
        ColumnType.DECIMAL,
        ColumnType.DATE,
        ColumnType.TIMESTAMP,
        ColumnType.BOOLEAN,
    )


def parse_sql(column: Column, cell: str) -> str:
    """Returns SQL that turns a cell's text into the declared type, NULL when it is blank or does not parse.

    Almost no cell has blanks around it, and trimming every cell would cost more than reading the file, so only cells
    that do not parse unchanged are trimmed.
    """
    if column.missing:
        return f"case when {missing_sql(column, cell)} is null then {_value_sql(column, cell)} end"
    return _value_sql(column, cell)


def failed_sql(column: Column, typed: str, cell: str) -> str:
    """Returns SQL that is true when a filled cell is neither of the declared type nor a declared missing value."""
    is_known = f" and {missing_sql(column, cell)} is null" if column.missing else ""
    return f"case when {typed} is null{is_known} then {is_filled(cell)} end"


def missing_sql(column: Column, cell: str) -> str:
    """Returns SQL for the reason of a missing value, NULL for text that the contract does not list."""
    folded = f"lower(nfc_normalize(coalesce(trim({cell}, '{BLANKS}'), '')))"
    known = " ".join(
        f"when {quote_text(unicodedata.normalize('NFC', text).lower())} then {quote_text(reason)}"
        for reason, texts in column.missing.items()
        for text in texts
    )
    return f"case {folded} {known} end"


def _value_sql(column: Column, cell: str) -> str:
    trimmed = f"trim({cell}, '{BLANKS}')"
    if column.treatment == "key":
        return f"pseudonym_{column.name}({cell})"
    if column.type is ColumnType.BOOLEAN:
        return f"try_cast({_choice_sql(column, cell)} as boolean)"
    if column.type is ColumnType.CHOICE:
        return _choice_sql(column, cell)
    if column.type is ColumnType.AGENCY:
        return f"coalesce(fold_{column.name}.alias_key, fold_name({cell}))"
    if column.type is ColumnType.TEXT:
        unmarked = f"regexp_replace({trimmed}, {quote_text(_TYPED_AS_TEXT)}, '\\1')"
        clean = f"nullif(nfc_normalize({unmarked}), '')"
        blanks = " or ".join(f"contains({cell}, chr({code}))" for code in _ASCII_BLANKS)
        # As many bytes as letters means ASCII, which has one Unicode form. The apostrophe sorts before "(".
        is_plain = f"strlen({cell}) = length({cell}) and {cell} >= '(' and not ({blanks})"
        return f"case when {is_plain} then {cell} else {clean} end"
    if column.pattern is not None:
        cell = _extract_sql(column.pattern, trimmed)
    unmarked = f"trim({cell}, {quote_text(_AROUND_NUMBERS)})"
    if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP):
        return moment_sql(column, cell, unmarked)
    return number_sql(column, unmarked)


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


def value_of(column: Column) -> Callable[[str], str | None]:
    """Returns a function label -> value of a closed list; an unknown label keeps its text for a rule to judge."""
    values = {normalise_name(label): value for value, labels in column.values.items() for label in [value, *labels]}
    return lambda text: values.get(normalise_name(text), unicodedata.normalize("NFC", text).strip(BLANKS)) or None


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
