"""Runs a floor and compares its tables with the built ones, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from bench.homes import DifferentResultError
from bench.measure import Cost, measure, python_module
from warehouse.config import Home
from warehouse.publication.catalog import read_catalog

_DATABASES = ("floor", "built")
_TOLERANCE = 1e-9


def measure_floor(here: Path, floor: str, source: Path, as_of: date) -> Cost:
    """Runs a floor of bench/floor.py and compares each of its tables with the build of a home; returns its cost.

    Raises DifferentResultError.
    """
    home, out = Home((here / "home").resolve()), here / "floor"
    paths = (str(path) for path in (source, home.inputs / "registry", out))
    cost = measure(python_module("bench.floor", floor, *paths, as_of.isoformat()), {})
    tables = {
        table.full_name: list(table.key)
        for table in read_catalog(home.dbt_target / "manifest.json").tables
        if table.schema == "timeliness" or table.full_name == "core.fct_dossier"
    }
    expect_same(out / "floor.duckdb", home.build_db, tables)
    return cost


def expect_same(floor_db: Path, built_db: Path, tables: Mapping[str, list[str]]) -> None:
    """Compares every column of the floor's `tables` (name to key) with the built tables.

    Doubles may differ by 1e-9 of their size, or by 1e-9 when they are smaller than 1.

    Raises DifferentResultError with table, key, column and both values of the first difference.
    """
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB", "temp_directory": f"{floor_db}.spill"}) as session:
        session.execute("set enable_progress_bar = false")
        for name, path in zip(_DATABASES, (floor_db, built_db), strict=True):
            quoted = str(path).replace("'", "''")
            session.execute(f"attach '{quoted}' as {name} (read_only)")
        for table, keys in tables.items():
            _expect_same_table(session, table, keys)


def _expect_same_table(session: duckdb.DuckDBPyConnection, table: str, keys: list[str]) -> None:
    types = {name: kind for name, kind, *_ in session.execute(f"describe built.{table}").fetchall()}
    columns = [name for name, *_ in session.execute(f"describe floor.{table}").fetchall()]
    if unknown := [name for name in columns if name not in types]:
        raise DifferentResultError(f"{table}: the built table has no {', '.join(unknown)}")
    doubles = [name for name in columns if types[name] == "DOUBLE"]
    exact = [name for name in columns if name not in doubles]
    n_floor, n_built = (session.execute(f"select count(*) from {db}.{table}").fetchall()[0][0] for db in _DATABASES)
    if n_floor != n_built:
        raise DifferentResultError(f"{table}: {n_floor:,} rows in the floor, {n_built:,} built")

    # One hash replaces all exact columns, so that the join of millions of rows carries little more than their key.
    narrow = [
        f"(select {', '.join([*keys, *doubles])}, hash({_cast(exact, types)}) as exact from {db}.{table})"
        for db in _DATABASES
    ]
    differs = " or ".join(["f.exact is distinct from b.exact", *(_differs(name, "DOUBLE") for name in doubles)])
    found = session.execute(
        f"select {', '.join(keys)} from {narrow[0]} as f full join {narrow[1]} as b using ({', '.join(keys)}) "
        f"where {differs} limit 1"
    ).fetchall()
    if found:
        key = dict(zip(keys, found[0], strict=True))
        raise DifferentResultError(f"{table}, {_describe_difference(session, table, key, types)}")


def _describe_difference(
    session: duckdb.DuckDBPyConnection, table: str, key: dict[str, object], types: dict[str, str]
) -> str:
    """Names the first column in which the two rows of a key differ, with both values."""
    where = " and ".join(f"{name} = ?" for name in key)
    shown = ", ".join(f"{name} {value}" for name, value in key.items())
    columns = [name for name, *_ in session.execute(f"describe floor.{table}").fetchall()]
    rows = [
        session.execute(
            f"select {_cast(columns, types)} from {db}.{table} where {where}", list(key.values())
        ).fetchall()
        for db in _DATABASES
    ]
    if [len(found) for found in rows] != [1, 1]:
        return f"{shown}: {len(rows[0])} rows in the floor, {len(rows[1])} built"
    for name, floor, built in zip(columns, rows[0][0], rows[1][0], strict=True):
        kind = types[name]
        compared = f"select {_differs('v', kind)} from (select ?::{kind} as v) as f, (select ?::{kind} as v) as b"
        if session.execute(compared, [floor, built]).fetchall()[0][0]:
            return f"{shown}, {name}: {floor} in the floor, {built} built"
    raise AssertionError(f"{table}, {shown}: no column differs")


def _differs(name: str, kind: str) -> str:
    if kind != "DOUBLE":
        return f"f.{name} is distinct from b.{name}"
    return (
        f"(f.{name} is null) <> (b.{name} is null) "
        f"or abs(f.{name} - b.{name}) > {_TOLERANCE} * greatest(abs(b.{name}), 1)"
    )


def _cast(columns: list[str], types: dict[str, str]) -> str:
    return ", ".join(f"{name}::{types[name]}" for name in columns)
