"""Compares two publications of the same deliveries, cell by cell: `python -m bench.engines HOME OTHER_HOME`.

Prints one line per published table, and exits with 1 when a table differs by more than the last digits of a double.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.config import Home
from warehouse.publication.datapackage import read_keys
from warehouse.publication.manifest import MANIFEST, Manifest
from warehouse.records import read_record
from warehouse.sql import quote_name, quote_names

# When and by which commit a row was written, not what it says.
RUN_COLUMNS = frozenset({"built_at", "loaded_at", "delivered_at", "code_version"})
TOLERANCE = 1e-12


@dataclass(frozen=True)
class TableEquality:
    """One table on both sides: rows, rows of which only one side has the key, and the first column that differs.

    `largest` is the largest relative difference of two doubles of one cell; a cell of another type, or a NULL, that
    differs is counted in `n_other`.
    """

    name: str
    rows: tuple[int, int]
    n_alone: int
    n_other: int
    largest: float

    @property
    def is_equal(self) -> bool:
        """Whether every cell is the same, doubles up to the tolerance."""
        return self.rows[0] == self.rows[1] and not self.n_alone and not self.n_other and self.largest <= TOLERANCE


def compare_engines(first: Path, second: Path) -> list[TableEquality]:
    """Compares every table of two publication folders, row by row by its key.

    Raises ValueError when one has a table that the other lacks, FileNotFoundError when one is no publication.
    """
    manifests = [read_record(Manifest, folder / MANIFEST) for folder in (first, second)]
    names = [{table.full_name: table for table in manifest.tables} for manifest in manifests]
    if alone := set(names[0]) ^ set(names[1]):
        raise ValueError(f"only one publication has {', '.join(sorted(alone))}")
    keys = read_keys(first)
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as session:
        session.execute("set enable_progress_bar = false")
        return [
            compare_table(session, name, keys[name], first / names[0][name].path, second / names[1][name].path)
            for name in sorted(names[0])
        ]


def compare_table(
    session: duckdb.DuckDBPyConnection, name: str, key: tuple[str, ...], first: Path, second: Path
) -> TableEquality:
    """Compares two Parquet files of one table. Raises ValueError when columns or types differ."""
    files = [str(first), str(second)]
    described = session.execute("describe select * from read_parquet(?)", files[:1]).fetchall()
    if described != session.execute("describe select * from read_parquet(?)", files[1:]).fetchall():
        raise ValueError(f"{name}: columns or types differ")
    types = {column: kind for column, kind, *_ in described if column not in RUN_COLUMNS}
    joined = " and ".join(f"a.{quote_name(column)} is not distinct from b.{quote_name(column)}" for column in key)
    doubles = [column for column, kind in types.items() if kind == "DOUBLE"]
    others = [column for column in types if column not in doubles and column not in key]
    other = " or ".join(
        [f"a.{quote_name(c)} is distinct from b.{quote_name(c)}" for c in others]
        + [f"(a.{quote_name(c)} is null) <> (b.{quote_name(c)} is null)" for c in doubles]
    )
    apart = [f"coalesce(max({_apart(quote_name(column))}), 0)" for column in doubles] or ["0"]
    sides = [f"(select true as present_, {quote_names(types)} from read_parquet(${n}))" for n in (1, 2)]
    counted = session.execute(
        f"select count(a.present_), count(b.present_), "
        f"count(*) filter (where a.present_ is null or b.present_ is null), "
        f"count(*) filter (where a.present_ and b.present_ and ({other or 'false'})), "
        f"greatest({', '.join(apart)}) from {sides[0]} as a full join {sides[1]} as b on {joined}",
        files,
    ).fetchall()[0]
    return TableEquality(name, (counted[0], counted[1]), counted[2], counted[3], float(counted[4]))


def _apart(column: str) -> str:
    a, b = f"a.{column}", f"b.{column}"
    return f"case when {a} <> {b} then abs({a} - {b}) / greatest(abs({a}), abs({b})) end"


def print_table(tables: list[TableEquality]) -> None:
    """Prints the tables as the pages show them."""
    print("| table | rows | difference |")
    print("|---|---|---|")
    for table in tables:
        if table.rows[0] != table.rows[1] or table.n_alone:
            told = f"{table.rows[1]:,} rows on the other engine, {table.n_alone:,} keys of one only"
        elif table.n_other:
            told = f"{table.n_other:,} rows differ"
        else:
            told = f"doubles up to {table.largest:.1e}" if table.largest else "none"
        print(f"| `{table.name}` | {table.rows[0]:,} | {told} |")
    exact = sum(table.is_equal and not table.largest for table in tables)
    print(f"\n{exact} of {len(tables)} tables are equal in every cell, {sum(t.is_equal for t in tables)} to 1e-12.")


if __name__ == "__main__":
    found = compare_engines(*(Home(Path(argument).resolve()).current for argument in sys.argv[1:3]))
    print_table(found)
    sys.exit(not all(table.is_equal for table in found))
