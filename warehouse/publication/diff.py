"""Compares one table of two publications by the contract's key."""

from __future__ import annotations

from pathlib import Path

import duckdb
from pydantic import computed_field
from pydantic.dataclasses import dataclass

from warehouse.publication.catalog import Table
from warehouse.sql import quote_name

# Run stamps differ in every row of every night, so they are not compared.
RUN_COLUMNS = frozenset({"as_of_date", "method_version", "publication_id"})


@dataclass(frozen=True)
class RankMove:
    """The largest difference between a unit's rank before and after; `key` is its key as text."""

    column: str
    key: dict[str, str]
    before: int
    after: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def places(self) -> int:
        """Number of places moved."""
        return abs(self.after - self.before)


@dataclass(frozen=True)
class TableDiff:
    """Rows before and after, and the columns that only one of the two has.

    The rest is None where rows were not compared (row-level facts, new tables, new keys).
    """

    rows_before: int | None
    rows_after: int
    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    largest_rank_move: RankMove | None = None
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()


def diff_table(
    connection: duckdb.DuckDBPyConnection, table: Table, before: Path, after: Path, rows_before: int, rows_after: int
) -> TableDiff:
    """Compares two Parquet files of one table, row by row if the table is open.

    Changed means: a column that both have differs, run stamps apart; doubles are compared at 9 decimals, because the
    order in which threads add is not fixed. Rank moves are taken over every column named *_rank.
    """
    old, new = _columns(connection, before), [column.name for column in table.columns]
    columns_added = tuple(name for name in new if name not in old)
    columns_removed = tuple(name for name in old if name not in new)
    shared = set(old) & set(new)
    if not table.is_open or not set(table.key) <= shared:
        return TableDiff(rows_before, rows_after, columns_added=columns_added, columns_removed=columns_removed)
    values = [c for c in table.columns if c.name in shared - RUN_COLUMNS and c.name not in table.key]
    differs = " OR ".join(_differs(column.name, column.data_type) for column in values) or "false"
    pairs, files = _pairs(table), {"before": str(before), "after": str(after)}
    counted = connection.execute(
        f"SELECT count(*) FILTER (WHERE b.present_ IS NULL), count(*) FILTER (WHERE a.present_ IS NULL), "
        f"count(*) FILTER (WHERE a.present_ AND b.present_ AND ({differs})) FROM {pairs}",
        files,
    ).fetchone()
    assert counted is not None  # an aggregate without GROUP BY always has its row
    moves = [
        move
        for column in values
        if column.name.endswith("_rank") and (move := _largest_move(connection, table, column.name, files))
    ]
    largest = max(moves, key=lambda move: move.places, default=None)
    added, removed, changed = counted
    return TableDiff(rows_before, rows_after, added, removed, changed, largest, columns_added, columns_removed)


def _columns(connection: duckdb.DuckDBPyConnection, parquet: Path) -> list[str]:
    described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(parquet)]).fetchall()
    return [row[0] for row in described]


def _pairs(table: Table) -> str:
    matched = " AND ".join(f"a.{quote_name(c)} IS NOT DISTINCT FROM b.{quote_name(c)}" for c in table.key)
    sides = [f"(SELECT *, true AS present_ FROM read_parquet(${side}))" for side in ("after", "before")]
    return f"{sides[0]} AS a FULL JOIN {sides[1]} AS b ON {matched}"


def _differs(name: str, data_type: str) -> str:
    sides = [f"{side}.{quote_name(name)}" for side in "ab"]
    if data_type == "DOUBLE":
        sides = [f"round({side}, 9)" for side in sides]
    return f"{sides[0]} IS DISTINCT FROM {sides[1]}"


def _largest_move(
    connection: duckdb.DuckDBPyConnection, table: Table, name: str, files: dict[str, str]
) -> RankMove | None:
    column, keys = quote_name(name), [f"a.{quote_name(key)}::VARCHAR" for key in table.key]
    row = connection.execute(
        f"SELECT b.{column}, a.{column}, {', '.join(keys)} FROM {_pairs(table)} WHERE a.{column} <> b.{column} "
        f"ORDER BY abs(a.{column} - b.{column}) DESC, {', '.join(keys)} LIMIT 1",
        files,
    ).fetchone()
    if row is None:
        return None
    before, after, *key = row
    return RankMove(name, dict(zip(table.key, map(str, key), strict=True)), before, after)
