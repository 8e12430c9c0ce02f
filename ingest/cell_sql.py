"""SQL for one cell: its text -> the declared type, and whether it names a row that is no data."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from ingest.contract import LANDED_TYPES, Column, ColumnType
from ingest.text import normalise_name
from warehouse.sql import quote_text

# Spaces that spreadsheets and web exports leave around a value, seen and unseen.
BLANKS = " \t\r\n\u00a0\u200b\ufeff"
_ASCII_BLANKS = (9, 10, 32)
# One comma or point for the decimals, nothing between thousands: 1.234 is one and a bit.
_NUMBER = r"[+-]?\d+([.,]\d+)?"


def can_fail(column: Column) -> bool:
    """A label that is not in the closed list is judged by a rule, an unknown agency too; both keep their text."""
    return column.treatment == "land" and column.type in (
        ColumnType.INTEGER,
        ColumnType.DECIMAL,
        ColumnType.DATE,
        ColumnType.TIMESTAMP,
        ColumnType.BOOLEAN,
    )


def parse_sql(column: Column, cell: str) -> str:
    """SQL that turns a cell's text into the declared type, NULL when it is blank or does not parse.

    Almost every cell has no blanks around it, and trimming all of them would cost more than reading the file: what
    parses as it stands is taken, only the rest is trimmed.
    """
    trimmed = f"trim({cell}, '{BLANKS}')"
    if column.treatment == "key":
        return f"pseudonym_{column.name}({cell})"
    if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP):
        formats = ", ".join(f"'{form}'" for form in column.formats)
        moment = f"coalesce(try_strptime({cell}, [{formats}]), try_strptime({trimmed}, [{formats}]))"
        return f"cast({moment} as {LANDED_TYPES[column.type]})"
    if column.type is ColumnType.BOOLEAN:
        return f"try_cast({_choice_sql(column, cell)} as boolean)"
    if column.type is ColumnType.CHOICE:
        return _choice_sql(column, cell)
    if column.type is ColumnType.AGENCY:
        return f"coalesce(fold_{column.name}.alias_key, fold_name({cell}))"
    if column.type is ColumnType.TEXT:
        clean = f"nullif(nfc_normalize({trimmed}), '')"
        blanks = " or ".join(f"contains({cell}, chr({code}))" for code in _ASCII_BLANKS)
        # As many bytes as letters: plain ASCII, which has one Unicode form.
        return f"case when strlen({cell}) = length({cell}) and not ({blanks}) then {cell} else {clean} end"
    kind = LANDED_TYPES[column.type]
    if column.type is ColumnType.DECIMAL:
        written = f"case when regexp_full_match({trimmed}, '{_NUMBER}') then replace({trimmed}, ',', '.') end"
        return f"try_cast({written} as {kind})"
    return f"coalesce(try_cast({cell} as {kind}), try_cast({trimmed} as {kind}))"


def _choice_sql(column: Column, cell: str) -> str:
    """Labels as the contract writes them are compared in SQL; any other spelling is left to the function."""
    known = " ".join(
        f"when {quote_text(label)} then {quote_text(value)}"
        for value, labels in column.values.items()
        for label in labels
    )
    return f"case {cell} {known} else value_of_{column.name}({cell}) end"


def is_filled(cell: str) -> str:
    """True for a cell that shows something."""
    return f"trim({cell}, '{BLANKS}') <> ''"


def value_of(column: Column) -> Callable[[str], str | None]:
    """Label -> value of a closed list; a label that is not in it keeps its text, for a rule to judge."""
    values = {normalise_name(label): value for value, labels in column.values.items() for label in [value, *labels]}
    return lambda text: values.get(normalise_name(text), unicodedata.normalize("NFC", text).strip(BLANKS)) or None


def exclusion_sql(column: str, pattern: str | None) -> str:
    """True for a declared non-data row."""
    return (
        f"case when {column} is not null then {is_filled(column)} end"
        if pattern is None
        else match_sql(column, pattern)
    )


def match_sql(cell: str, pattern: str) -> str:
    """True when the whole trimmed cell matches, whatever its case and Unicode form.

    Both forms stand in the expression, which costs less than normalising.
    """
    forms = "|".join(unicodedata.normalize(form, pattern) for form in ("NFC", "NFD"))
    expression = rf"(?is)\s*(?:{forms})\s*"
    return f"regexp_full_match({cell}, {quote_text(expression)})"


def landed_sql(column: Column, is_present: bool, is_opposite: bool) -> str:
    """The column of the landing; `is_opposite` when its header says the contrary of the column's name."""
    kind = "VARCHAR" if column.treatment == "key" else LANDED_TYPES[column.type]
    if not is_present:
        return f"cast(null as {kind}) as {column.name}"
    if column.type is ColumnType.AGENCY:
        return f"alias_{column.name}.agency_id as {column.name}"
    return f"{'not ' if is_opposite else ''}p.typed_{column.name} as {column.name}"
