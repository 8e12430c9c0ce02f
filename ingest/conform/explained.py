"""The delivered cells of a row that is set aside, and which of their texts may be shown."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from ingest.contract import Column, ColumnType
from ingest.values.cell_sql import missing_sql
from warehouse.sql import quote_text


class Cell(NamedTuple):
    """The text of a cell as it was delivered, for comparisons only, and what is shown of it."""

    text: str
    shown: str


def known_sql(column: Column, parse: Callable[[Column, str], str], landed: Collection[Column], *, is_code: bool) -> str:
    """Returns SQL that is true for a text of the column that is a value of its type or of a closed list.

    Any name is a text: of a text column only the codes of the registry are known (`is_code`). Needs the relations
    agency_alias and criterion_code of a conformer, and its functions.
    """
    cell = column.name
    known = "false"
    if column.type is ColumnType.AGENCY:
        known = f"fold_name({cell}) in (select alias_key from agency_alias)"
    elif is_code:
        known = f"trim({cell}) in (select code from criterion_code)"
    elif column.type is ColumnType.CHOICE and column in landed:
        # An unknown label keeps its text.
        known = f"{parse(column, cell)} in ({', '.join(map(quote_text, column.values))})"
    elif column.type is not ColumnType.TEXT and (column in landed or not column.values):
        known = f"{parse(column, cell)} is not null"
    if column.personal:
        known = "false"
    elif column.missing:
        known = f"{known} or {missing_sql(column, cell)} is not null"
    return f"coalesce({known}, false)"
