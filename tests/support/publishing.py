"""A small warehouse to publish: a dbt manifest (schema v12) of four marts and the database dbt would have built."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.publication.catalog import Catalog, read_catalog
from warehouse.publication.identity import PublicationIdentity

MARTS: dict[str, dict[str, Any]] = {
    "core.agency": {
        "key": ["agency_id"],
        "columns": {"agency_id": "varchar", "agency_name": "varchar", "publication_id": "varchar"},
    },
    "core.fct_dossier": {
        "key": ["dossier_code"],
        "profile": "internal",
        "columns": {"dossier_code": "varchar", "net_days": "bigint", "publication_id": "varchar"},
    },
    "quality.load_ledger": {
        "key": ["load_seq"],
        "columns": {
            "load_seq": "bigint",
            "original_name": "varchar",
            "rows_read": "bigint",
            "rows_accepted": "bigint",
            "rows_quarantined": "bigint",
            "rows_duplicate": "bigint",
            "rows_excluded": "bigint",
            "rows_held": "bigint",
            "publication_id": "varchar",
        },
    },
    "timeliness.standing": {
        "key": ["year", "agency_id"],
        "columns": {
            "year": "integer",
            "agency_id": "varchar",
            "on_time_pct": "double",
            "points": "decimal(9, 4)",
            "group_rank": "integer",
            "publication_id": "varchar",
            "as_of_date": "date",
        },
    },
}
OPTIONAL = {"on_time_pct", "points", "group_rank"}


def mart_node(full_name: str, *, key: list[str], columns: dict[str, str], profile: str | None = None) -> dict[str, Any]:
    """One model of the manifest, with the members that dbt 1.12 writes and a reader may rely on."""
    schema, name = full_name.split(".")
    path = f"core/{name}.sql" if schema == "core" else f"marts/{schema}/{name}.sql"
    meta = {"key": key, **({"profile": profile} if profile else {})}
    return {
        "database": "warehouse",
        "schema": schema,
        "name": name,
        "resource_type": "model",
        "package_name": "cchc",
        "path": path,
        "original_file_path": f"models/{path}",
        "unique_id": f"model.cchc.{name}",
        "fqn": ["cchc", *path.removesuffix(".sql").split("/")],
        "alias": name,
        "config": {"enabled": True, "materialized": "table", "meta": meta, "contract": {"enforced": True}},
        "description": f"Bảng {name} của tỉnh.\nTable {name}, with \"quotes\" and 'apostrophes'.\n"
        f"grain: one row per {' and '.join(key)}\ncaveat: made for a test\n",
        "columns": {
            column: {
                "name": column,
                "description": f"Cột {column}.\nColumn {column}.\nunit: mã",
                "meta": {},
                "data_type": data_type,
                "constraints": [] if column in OPTIONAL else [{"type": "not_null", "name": None}],
                "config": {"meta": {}, "tags": []},
                "doc_blocks": [f"doc.cchc.{column}"],
            }
            for column, data_type in columns.items()
        },
        "constraints": [],
        "version": None,
        "primary_key": key,
    }


def manifest_document(nodes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Returns a manifest with these mart models beside a staging model and a test, which are not published."""
    marts = [mart_node(name, **mart) for name, mart in MARTS.items()] if nodes is None else nodes
    staging = {"resource_type": "model", "name": "stg_dossiers", "path": "staging/stg_dossiers.sql"}
    test = {"resource_type": "test", "name": "unique_agency", "path": "unique_agency.sql"}
    return {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
        "nodes": {
            "model.cchc.stg_dossiers": staging,
            "test.cchc.unique_agency": test,
            **{node["unique_id"]: node for node in marts},
        },
    }


def small_catalog(folder: Path) -> Catalog:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(manifest_document()), encoding="utf-8")
    return read_catalog(manifest)


def small_identity(seq: int) -> PublicationIdentity:
    return PublicationIdentity(
        seq=seq,
        as_of_date=date(2015, 12, 31),
        input_hash=f"{seq:08x}" + "f" * 56,
        code_version="0.1.0+test",
        method_version="2015.1",
        built_at=datetime(2016, 1, 4, 2, 0, seq % 60),
    )


def small_build(path: Path, publication_id: str, *, agencies: int = 4, first_pct: float = 90.0) -> Path:
    """The database dbt would have built; ranks fall with the agency's number, the first agency's rate can be moved."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("core", "quality", "timeliness", "staging"):
            connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute("CREATE TABLE staging.stg_dossiers AS SELECT 'k1:0123456789abcdef' AS applicant_key")
        numbers = f"range({agencies}) AS numbered(i)"
        connection.execute(
            f"CREATE TABLE core.agency AS SELECT 'A' || i AS agency_id, 'Sở số ' || i AS agency_name, "
            f"'{publication_id}' AS publication_id FROM {numbers} ORDER BY i DESC"
        )
        connection.execute(
            f"CREATE TABLE core.fct_dossier AS SELECT 'H' || i AS dossier_code, i AS net_days, "
            f"'{publication_id}' AS publication_id FROM range(20) AS numbered(i)"
        )
        connection.execute(
            "CREATE TABLE quality.load_ledger AS SELECT 1::BIGINT AS load_seq, 'hồ sơ.csv' AS original_name, "
            "20::BIGINT AS rows_read, 18::BIGINT AS rows_accepted, 1::BIGINT AS rows_quarantined, "
            f"1::BIGINT AS rows_duplicate, 0::BIGINT AS rows_excluded, 0::BIGINT AS rows_held, "
            f"'{publication_id}' AS publication_id"
        )
        connection.execute(
            f"""
            CREATE TABLE timeliness.standing AS
            SELECT *, rank() OVER (ORDER BY on_time_pct DESC)::INTEGER AS group_rank,
                '{publication_id}' AS publication_id, DATE '2015-12-31' AS as_of_date
            FROM (
                SELECT 2015::INTEGER AS year, 'A' || i AS agency_id, i::DECIMAL(9, 4) AS points,
                    CASE WHEN i = 0 THEN {first_pct} ELSE 90.0 - i END::DOUBLE AS on_time_pct
                FROM {numbers}
            )
            """
        )
    return path
