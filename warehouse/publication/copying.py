"""Copies the catalog's tables from dbt's private database to the two files that readers open."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb

from warehouse.engine import connect
from warehouse.publication.catalog import Catalog, Column, Table
from warehouse.publication.publications import PublicationError
from warehouse.publication.sealing import sha256_of
from warehouse.publication.staged import DATABASE, OPEN_FOLDER, Limits, StagedTable
from warehouse.sql import quote_name, quote_names, quote_text

# The newest storage that every BI driver in use opens; no 1.x client can open DuckDB's own default.
STORAGE_VERSION = "v1.2.0"


class ShapeError(PublicationError):
    """The build differs from the catalog; `problems` has one sentence per difference."""

    def __init__(self, problems: list[str]):
        super().__init__("the build differs from the catalog:\n  " + "\n  ".join(problems))
        self.problems = tuple(problems)


def copy_tables(build_db: Path, folder: Path, catalog: Catalog, limits: Limits) -> tuple[StagedTable, ...]:
    """Writes warehouse.duckdb and parquet/ below `folder`, and the open tables again below `folder`/open.

    Raises ShapeError when a table lacks, adds or retypes a column, or holds a NULL where the contract allows none.
    """
    open_folder = folder / OPEN_FOLDER
    open_folder.mkdir()
    with connect(memory_limit=limits.memory_limit, threads=limits.threads, temp=limits.spill) as connection:
        connection.execute("ATTACH ? AS build (READ_ONLY)", [str(build_db)])
        _refuse_other_shapes(connection, catalog)
        for name, target in (("internal", folder), ("open", open_folder)):
            connection.execute(
                f"ATTACH ? AS {name}_profile (STORAGE_VERSION '{STORAGE_VERSION}')", [str(target / DATABASE)]
            )
        staged = tuple(_copy_table(connection, table, folder) for table in catalog.tables)
        connection.execute("DETACH internal_profile")
        connection.execute("DETACH open_profile")
    return staged


def _copy_table(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> StagedTable:
    # Small tables are stored in key order, so that a reader's filter skips row groups; sorting millions of facts
    # would cost more than it saves, and their load order is close to date order.
    order = f" ORDER BY {quote_names(table.key)}" if table.is_open else ""
    name = f"{quote_name(table.schema)}.{quote_name(table.name)}"
    rows = _fill(connection, table, f"internal_profile.{name}", f"build.{name}{order}")
    path = Path("parquet") / table.schema / f"{table.name}.parquet"
    parquet = folder / path
    _write_parquet(connection, f"internal_profile.{name}", parquet)
    staged = StagedTable(table, rows, path.as_posix(), parquet.stat().st_size, sha256_of(parquet))
    if not table.is_open:
        return staged
    where = f" WHERE {table.open_where}" if table.open_where else ""
    opened = table.as_open()
    rows = _fill(connection, opened, f"open_profile.{name}", f"internal_profile.{name}{where}")
    handed_out = folder / OPEN_FOLDER / path
    if table.is_open_whole:
        # A copy, not a link, because the open folder has its own permissions.
        handed_out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(parquet, handed_out)
        return replace(staged, opened=staged)
    _write_parquet(connection, f"open_profile.{name}", handed_out)
    size = handed_out.stat().st_size
    return replace(staged, opened=StagedTable(opened, rows, path.as_posix(), size, sha256_of(handed_out)))


def _write_parquet(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"COPY {table} TO $1 (FORMAT parquet, COMPRESSION zstd)", [str(path)])


def _fill(connection: duckdb.DuckDBPyConnection, table: Table, target: str, source: str) -> int:
    database = target.split(".", 1)[0]
    # One transaction, because every statement would otherwise be flushed to disk.
    connection.begin()
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {database}.{quote_name(table.schema)}")
    connection.execute(f"CREATE TABLE {target} ({', '.join(_declare(column) for column in table.columns)})")
    columns = quote_names(column.name for column in table.columns)
    try:
        counted = connection.execute(f"INSERT INTO {target} SELECT {columns} FROM {source}").fetchone()
    except duckdb.ConstraintException as error:
        raise ShapeError([f"{table.full_name}: {error}"]) from error
    connection.execute(f"COMMENT ON TABLE {target} IS {_comment(table.description_vi, table.description_en)}")
    for column in table.columns:
        comment = _comment(column.vi, column.en)
        connection.execute(f"COMMENT ON COLUMN {target}.{quote_name(column.name)} IS {comment}")
    connection.commit()
    return int(counted[0]) if counted else 0


def _declare(column: Column) -> str:
    return f"{quote_name(column.name)} {column.data_type}{' NOT NULL' if column.not_null else ''}"


def _comment(vi: str, en: str) -> str:
    return quote_text(f"{vi} | {en}")


def _refuse_other_shapes(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    found: dict[str, dict[str, str]] = {}
    for schema, table_name, column_name, data_type in connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'build'"
    ).fetchall():
        found.setdefault(f"{schema}.{table_name}", {})[column_name] = data_type
    problems = [problem for table in catalog.tables for problem in differences(table, found.get(table.full_name, {}))]
    if problems:
        raise ShapeError(problems)


def parquet_columns(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """Returns the columns of a Parquet file, name to DuckDB type; of a partition, without the columns of its path."""
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?, hive_partitioning = false)", [str(path)])
    return {row[0]: row[1] for row in described.fetchall()}


def differences(table: Table, found: dict[str, str]) -> list[str]:
    """Returns one sentence per difference between a table's contract and the columns `found` (name to DuckDB type)."""
    if not found:
        return [f"{table.full_name} is missing"]
    declared = {column.name: column.data_type for column in table.columns}
    return [
        *(f"{table.full_name}.{name} is missing" for name in declared if name not in found),
        *(f"{table.full_name}.{name} is not in the catalog" for name in found if name not in declared),
        *(
            f"{table.full_name}.{name} is {found[name]}, the catalog says {data_type}"
            for name, data_type in declared.items()
            if found.get(name, data_type) != data_type
        ),
    ]
