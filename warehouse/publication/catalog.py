"""The catalog of published tables, read from dbt's manifest: names, types and descriptions are declared there only."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

COLUMN_FIELDS = ("unit", "basis", "additive", "values")
TABLE_FIELDS = ("grain", "caveat")
PROFILES = ("internal", "open")
# The layers of models that a province publishes, and those that a nation publishes (docs/national.md).
PROVINCE, NATION = ("core", "marts"), ("national",)

_PLAIN_TYPE = re.compile(r"VARCHAR|DATE|TIMESTAMP|BIGINT|INTEGER|DOUBLE|BOOLEAN|DECIMAL\(\d+,\d+\)")
_SAME_TYPE = {"INT": "INTEGER", "STRING": "VARCHAR", "TEXT": "VARCHAR"}
_FIELD_LINE = re.compile(r"([a-z_]+):\s*(\S.*)")


class CatalogError(Exception):
    """The manifest does not describe the published tables; `problems` has one sentence per fault."""

    def __init__(self, problems: Sequence[str]):
        super().__init__("the dbt manifest does not describe the published tables:\n  " + "\n  ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Column:
    """One published column. `values` names its closed list in core.label; `additive` is how BI may aggregate it.

    The open profile has no column that `is_internal`.
    """

    name: str
    data_type: str
    not_null: bool
    vi: str
    en: str
    unit: str | None = None
    basis: str | None = None
    additive: str | None = None
    values: str | None = None
    is_internal: bool = False


@dataclass(frozen=True)
class Table:
    """One published table. `profile` is `internal` (row-level, left out of open/) or `open`.

    A row fills exactly one of the `optional_key` columns. `open_where` is an SQL condition on the rows of the open
    profile; without it that has all rows.
    """

    schema: str
    name: str
    description_vi: str
    description_en: str
    grain: str | None
    caveat: str | None
    key: tuple[str, ...]
    profile: str
    columns: tuple[Column, ...]
    optional_key: tuple[str, ...] = ()
    open_where: str | None = None

    @property
    def full_name(self) -> str:
        """schema.name."""
        return f"{self.schema}.{self.name}"

    @property
    def is_open(self) -> bool:
        """Whether the table is published outside the department."""
        return self.profile == "open"

    @property
    def is_open_whole(self) -> bool:
        """Whether the open profile has every row and column."""
        return self.is_open and self.open_where is None and not any(column.is_internal for column in self.columns)

    def as_open(self) -> Table:
        """Returns the table with the columns of the open profile."""
        return replace(self, columns=tuple(column for column in self.columns if not column.is_internal))


@dataclass(frozen=True)
class Catalog:
    """Every published table, ordered by schema and name."""

    tables: tuple[Table, ...]

    def of_profile(self, profile: str) -> Catalog:
        """Returns the tables of one publication profile: all for `internal`, the open ones for `open`."""
        if profile == "internal":
            return self
        return Catalog(tuple(table.as_open() for table in self.tables if table.is_open))

    def named(self, names: Collection[str]) -> Catalog:
        """Returns the tables with these full names."""
        return Catalog(tuple(table for table in self.tables if table.full_name in names))


def read_catalog(manifest: Path, layers: Collection[str] = PROVINCE) -> Catalog:
    """Reads the published models of a dbt manifest (schema v12): those of these folders of models/, without steps.

    Descriptions follow the doc-block convention: line 1 Vietnamese, line 2 English, then `field: value` lines.
    Raises CatalogError with every fault of the manifest at once, OSError or ValueError when it cannot be read.
    """
    nodes: Mapping[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    problems: list[str] = []
    tables = [_read_table(node, problems) for node in nodes.values() if _is_published(node, layers)]
    if not tables:
        problems.append(f"no model under {' or '.join(f'models/{layer}' for layer in layers)}")
    if problems:
        raise CatalogError(problems)
    return Catalog(tuple(sorted(tables, key=lambda table: (table.schema, table.name))))


def _is_published(node: Mapping[str, Any], layers: Collection[str]) -> bool:
    layer, *below = PurePosixPath(node["path"]).parts
    return node["resource_type"] == "model" and layer in layers and "steps" not in below


def _read_table(node: Mapping[str, Any], problems: list[str]) -> Table:
    schema = PurePosixPath(node["path"]).parent.name
    name = node.get("alias") or node["name"]
    where = f"{schema}.{name}"
    # The folder names the published schema, so the build schema must have the same name.
    if node["schema"] != schema:
        problems.append(f"{where}: dbt builds it in schema {node['schema']}, its folder says {schema}")
    vi, en, fields = _read_description(node["description"], where, TABLE_FIELDS, problems)
    meta = node["config"]["meta"]
    profile = meta.get("profile", "open")
    if profile not in PROFILES:
        problems.append(f"{where}: profile {profile} is none of {', '.join(PROFILES)}")
    columns = tuple(_read_column(column, where, problems) for column in node["columns"].values())
    key = tuple(meta.get("key") or ())
    if not key:
        problems.append(f"{where}: config.meta.key is missing")
    problems += [f"{where}: key column {column} is not declared" for column in set(key) - {c.name for c in columns}]
    optional = tuple(meta.get("optional_key") or ())
    where_open = meta.get("open_where")
    return Table(
        schema, name, vi, en, fields.get("grain"), fields.get("caveat"), key, profile, columns, optional, where_open
    )


def _read_column(column: Mapping[str, Any], table: str, problems: list[str]) -> Column:
    where = f"{table}.{column['name']}"
    vi, en, fields = _read_description(column["description"], where, COLUMN_FIELDS, problems)
    data_type = (column.get("data_type") or "").upper().replace(" ", "")
    data_type = _SAME_TYPE.get(data_type, data_type)
    if not _PLAIN_TYPE.fullmatch(data_type):
        problems.append(f"{where}: type {data_type or 'none'} is not a plain type")
    not_null = any(constraint["type"] in ("not_null", "primary_key") for constraint in column["constraints"])
    is_internal = column.get("config", {}).get("meta", {}).get("profile", "open") == "internal"
    return Column(column["name"], data_type, not_null, vi, en, **fields, is_internal=is_internal)


def _read_description(
    text: str, where: str, allowed: Sequence[str], problems: list[str]
) -> tuple[str, str, dict[str, str]]:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if len(lines) < 2:
        problems.append(f"{where}: needs a Vietnamese sentence and, on the next line, an English one")
        return "", "", {}
    fields: dict[str, str] = {}
    for line in lines[2:]:
        found = _FIELD_LINE.fullmatch(line)
        if found is None or found[1] not in allowed:
            problems.append(f"{where}: line {line!r} is none of {', '.join(allowed)}")
        else:
            fields[found[1]] = found[2]
    return lines[0], lines[1], fields
