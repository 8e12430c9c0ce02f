"""The declaration of the registry's tables (registry.yml) as objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import yaml

_DECLARATION = Path(__file__).with_name("registry.yml")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


class ValueType(NamedTuple):
    """A type of the registry: its spelling in a CSV and its type in Parquet."""

    accepts: Callable[[str], bool]
    example: str
    arrow: pa.DataType = pa.string()


def _written(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


VALUE_TYPES = {
    "text": ValueType(lambda _: True, ""),
    "integer": ValueType(_written(r"-?[0-9]{1,18}"), "5", pa.int64()),
    "decimal": ValueType(
        _written(r"-?[0-9]{1,9}(\.[0-9]{1,9})?"),
        "0.05",
        pa.decimal128(18, 9),
    ),
    "date": ValueType(_is_date, "2015-07-01", pa.date32()),
    "boolean": ValueType(_written("[01]"), "1", pa.bool_()),
    "office_hours": ValueType(
        _written(r"{0}-{0};{0}-{0}".format(r"([01][0-9]|2[0-3]):[0-5][0-9]")),
        "07:30-11:30;13:30-17:00",
    ),
    "list": ValueType(_written(r"[^;\s]+(;[^;\s]+)*"), "so;huyen"),
    "time": ValueType(_written(r"([01][0-9]|2[0-3]):[0-5][0-9]"), "15:00"),
}


@dataclass(frozen=True)
class Column:
    """One column (or parameter): its type and allowed values.

    Without a row of an `optional` parameter a default of the code holds.
    """

    name: str
    type: str = "text"
    required: bool = False
    values: str | None = None
    references: str | None = None
    one_of: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    above: int | None = None
    below: int | None = None
    optional: bool = False
    default: str | None = None

    @property
    def value_type(self) -> ValueType:
        """The rule for writing a value of this column."""
        return VALUE_TYPES[self.type]

    def values_of(self, cell: str) -> list[str]:
        """The values of a cell: of a list several, else one; none where it is empty or not written as declared."""
        if not cell or not self.value_type.accepts(cell):
            return []
        return cell.split(";") if self.type == "list" else [cell]


# A column of the province's own: whether an agency has something that criteria require.
FEATURE_PREFIX = "has_"
FEATURE = Column(FEATURE_PREFIX, type="boolean", required=True)


@dataclass(frozen=True)
class Reference:
    """Columns that refer to a row of another table: own column -> referenced column."""

    table: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Table:
    """One table: its columns in file order, its key, whether its rows are dated, and its references.

    The file of an `optional` table may be missing, which says the same as a file without rows.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    dated: bool = False
    references: tuple[Reference, ...] = ()
    has_features: bool = False
    optional: bool = False

    def is_feature(self, name: str) -> bool:
        """Returns whether a column states that an agency has a feature."""
        return self.has_features and name.startswith(FEATURE_PREFIX)

    @property
    def file(self) -> str:
        """Name of the table's file in the registry's folder."""
        return f"{self.name}.csv"


@dataclass(frozen=True)
class Declaration:
    """All tables, the policy parameters with their types, and the label lists to which a province adds values."""

    tables: dict[str, Table]
    parameters: dict[str, Column] = field(default_factory=dict)
    open_lists: frozenset[str] = frozenset()


@cache
def declaration() -> Declaration:
    """Returns the declaration of registry.yml. Raises TypeError or KeyError for an unknown key or type."""
    raw: dict[str, Any] = yaml.safe_load(_DECLARATION.read_text(encoding="utf-8"))
    return Declaration(
        tables={name: _table(name, **spec) for name, spec in raw["tables"].items()},
        parameters={name: _column(name, **spec) for name, spec in raw["parameters"].items()},
        open_lists=frozenset(raw["open_lists"]),
    )


def _table(
    name: str,
    *,
    key: list[str],
    columns: dict[str, dict[str, Any]],
    dated: bool = False,
    has_features: bool = False,
    references: list[dict[str, Any]] | None = None,
    optional: bool = False,
) -> Table:
    declared = {column: _column(column, **spec) for column, spec in columns.items()}
    leads = [Reference(**spec) for spec in references or ()]
    for column in declared.values():
        if column.references:
            target, name_there = column.references.split(".")
            leads.append(Reference(target, {column.name: name_there}))
    return Table(name, tuple(key), declared, dated, tuple(leads), has_features, optional)


def _column(name: str, *, one_of: list[str] | None = None, **spec: Any) -> Column:
    column = Column(name, one_of=tuple(one_of or ()), **spec)
    VALUE_TYPES[column.type]
    return column
