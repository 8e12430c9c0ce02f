"""Audits of every publication, independent of its marts. Each audit reads the staged files."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from warehouse.publication.catalog import Table
from warehouse.publication.copying import differences, parquet_columns
from warehouse.publication.staged import Audit, StagedPublication
from warehouse.sql import quote_name, quote_names

# Above this, the search for repeated keys costs as much as the copy, and dbt's key test has read the same rows.
KEY_AUDIT_ROWS = 1_000_000
PROFILES = ("internal", "open")


def standard_audits(
    *,
    personal_columns: Collection[str],
    may_be_empty: Collection[str] = (),
) -> list[Audit]:
    """Returns the audits of every publication.

    `personal_columns` are names that no published table may have, `may_be_empty` full names of tables that may have no
    row.
    """
    return [
        Audit("shape", check_shape),
        Audit("keys", check_keys),
        Audit("row accounting", check_row_accounting),
        Audit("personal data", lambda staged: check_personal_columns(staged, personal_columns)),
        Audit("open profile", check_open_profile),
        Audit("empty tables", lambda staged: check_filled(staged, may_be_empty)),
    ]


def check_shape(staged: StagedPublication) -> list[str]:
    """Checks that each profile has exactly the tables and columns of the catalog, in DuckDB and Parquet."""
    failures = []
    for profile in PROFILES:
        declared = staged.catalog.of_profile(profile).tables
        with staged.open_database(profile) as connection:
            stored = _stored_columns(connection)
            for table in declared:
                path = staged.folder_of(profile) / "parquet" / table.schema / f"{table.name}.parquet"
                failures += [f"{profile}: {s}" for s in differences(table, stored.pop(table.full_name, {}))]
                failures += [f"{profile}, parquet: {s}" for s in differences(table, parquet_columns(connection, path))]
        failures += [f"{profile}: {name} is not in the catalog" for name in sorted(stored)]
    return failures


def check_keys(staged: StagedPublication) -> list[str]:
    """Checks that keys are unique and not NULL (but for optional columns) in tables of up to KEY_AUDIT_ROWS rows."""
    failures = []
    with staged.open_database() as connection:
        for entry in staged.tables:
            if entry.rows <= KEY_AUDIT_ROWS:
                failures += _key_failures(connection, entry.table)
    return failures


def check_row_accounting(staged: StagedPublication) -> list[str]:
    """Checks that every row read is counted exactly once in every load of quality.load_ledger."""
    if all(entry.table.full_name != "quality.load_ledger" for entry in staged.tables):
        return []
    with staged.open_database() as connection:
        wrong = connection.execute(
            """
            SELECT load_seq, original_name, rows_read, accounted
            FROM (
                SELECT *, rows_accepted + rows_quarantined + rows_duplicate + rows_excluded + rows_held AS accounted
                FROM quality.load_ledger
            ) WHERE accounted IS DISTINCT FROM rows_read ORDER BY load_seq
            """
        ).fetchall()
    return [f"load {seq} ({name}): {read} rows read, {accounted} accounted for" for seq, name, read, accounted in wrong]


def check_personal_columns(staged: StagedPublication, personal_columns: Collection[str]) -> list[str]:
    """Checks that no published column of any profile has the name of a personal column."""
    failures = []
    for profile in PROFILES:
        with staged.open_database(profile) as connection:
            for table, columns in sorted(_stored_columns(connection).items()):
                failures += [f"{profile}: {table}.{name} is personal" for name in columns if name in personal_columns]
    return failures


def check_open_profile(staged: StagedPublication) -> list[str]:
    """Checks that open/ has no internal table, neither in the database nor as a file, and no row that it leaves out."""
    folder = staged.folder_of("open")
    with staged.open_database("open") as connection:
        stored = _stored_columns(connection)
        hidden = [
            f"{table.full_name} has {n} rows in open/ that belong to the internal profile"
            for table in staged.catalog.tables
            if table.is_open and table.open_where and table.full_name in stored
            for n in [_count_hidden(connection, table)]
            if n
        ]
    return hidden + [
        f"{table.full_name} is internal and is in open/ as {what}"
        for table in staged.catalog.tables
        if not table.is_open
        for what, is_there in (
            ("a table", table.full_name in stored),
            ("a file", bool([*folder.rglob(f"{table.name}.*")])),
        )
        if is_there
    ]


def _count_hidden(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    name = f"{quote_name(table.schema)}.{quote_name(table.name)}"
    counted = connection.execute(
        f"SELECT count(*) FROM {name} WHERE NOT coalesce({table.open_where}, false)"
    ).fetchone()
    return int(counted[0]) if counted else 0


def check_filled(staged: StagedPublication, may_be_empty: Collection[str]) -> list[str]:
    """Checks that every table has a row, unless it may be empty."""
    return [
        f"{entry.table.full_name} has no row"
        for entry in staged.tables
        if entry.rows == 0 and entry.table.full_name not in may_be_empty
    ]


def _key_failures(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    name, key = f"{quote_name(table.schema)}.{quote_name(table.name)}", quote_names(table.key)
    failures = [
        f"{table.full_name}: key column {column} is NULL in {missing} rows"
        for column in table.key
        if column not in table.optional_key
        and (missing := _count(connection, f"FROM {name} WHERE {quote_name(column)} IS NULL"))
    ]
    if repeated := _count(connection, f"FROM (SELECT {key} FROM {name} GROUP BY {key} HAVING count(*) > 1)"):
        failures.append(f"{table.full_name}: {repeated} keys ({', '.join(table.key)}) occur more than once")
    return failures


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    row = connection.execute(f"SELECT count(*) {source}").fetchone()
    return int(row[0]) if row else 0


def _stored_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    columns: dict[str, dict[str, str]] = {}
    for schema, table, column, data_type in connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
    ).fetchall():
        columns.setdefault(f"{schema}.{table}", {})[column] = data_type
    return columns
