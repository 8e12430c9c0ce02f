"""datapackage.json: the published Parquet files described for any tool that reads Data Packages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from warehouse.publication.catalog import Column, Table
from warehouse.publication.identity import PublicationIdentity
from warehouse.publication.staged import StagedTable
from warehouse.records import read_record

DATAPACKAGE = "datapackage.json"
_FIELD_TYPES = {
    "VARCHAR": "string",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "BIGINT": "integer",
    "INTEGER": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
}
_LICENCES = {
    "internal": {"name": "internal", "title": "Lưu hành nội bộ"},
    "open": {"name": "provincial-decision", "title": "Sử dụng ngoài cơ quan theo quyết định công bố của tỉnh"},
}
# The time zone of the province; times in the tables have no zone.
_ZONE = "+07:00"


def describe_package(tables: Sequence[StagedTable], identity: PublicationIdentity, profile: str) -> dict[str, Any]:
    """Returns the tabular data package of one profile (v1 `profile`, v2 `type`), with one resource per table."""
    return {
        "profile": "tabular-data-package",
        "name": "cchc",
        "title": "Kho dữ liệu cải cách hành chính",
        "version": identity.publication_id,
        "created": identity.built_at.isoformat(timespec="seconds") + _ZONE,
        "licenses": [_LICENCES[profile]],
        "as_of_date": identity.as_of_date.isoformat(),
        "method_version": identity.method_version,
        "resources": [_describe_resource(staged) for staged in tables],
    }


@dataclass(frozen=True)
class _Schema:
    primary: tuple[str, ...] | None = Field(default=None, alias="primaryKey")
    unique: tuple[tuple[str, ...], ...] = Field(default=(), alias="uniqueKeys")


@dataclass(frozen=True)
class _Resource:
    name: str
    schema: _Schema


@dataclass(frozen=True)
class _Package:
    resources: tuple[_Resource, ...]


def read_keys(folder: Path) -> dict[str, tuple[str, ...]]:
    """Returns the key of every table of the descriptor in `folder`, by full name."""
    package = read_record(_Package, folder / DATAPACKAGE)
    return {one.name: one.schema.primary or one.schema.unique[0] for one in package.resources}


def _describe_resource(staged: StagedTable) -> dict[str, Any]:
    table = staged.table
    return {
        "profile": "tabular-data-resource",
        "type": "table",
        "name": table.full_name,
        "path": staged.path,
        "title": table.description_vi,
        "description": table.description_en,
        **_given(grain=table.grain, caveat=table.caveat),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": staged.size_bytes,
        "hash": f"sha256:{staged.sha256}",
        "rowcount": staged.rows,
        "schema": _describe_schema(table),
    }


def _describe_schema(table: Table) -> dict[str, Any]:
    required = {column.name for column in table.columns if column.not_null}
    # A primary key allows no missing value; a key with optional columns is declared as unique only.
    key = {"primaryKey": list(table.key)} if required >= set(table.key) else {"uniqueKeys": [list(table.key)]}
    return {"fields": [_describe_field(column) for column in table.columns], **key}


def _describe_field(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": _FIELD_TYPES.get(column.data_type, "number"),
        "title": column.vi,
        "description": column.en,
        **_given(unit=column.unit, basis=column.basis, additive=column.additive, values=column.values),
        **({"constraints": {"required": True}} if column.not_null else {}),
    }


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
