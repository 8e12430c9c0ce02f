"""Compares two publications of a home: inputs, tables and the ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.config import Home
from warehouse.engine import connect
from warehouse.ledger import Ledger, LoadRecord
from warehouse.publication.catalog import Column, Table
from warehouse.publication.datapackage import read_keys
from warehouse.publication.diff import TableDiff, diff_table
from warehouse.publication.manifest import MANIFEST, Manifest
from warehouse.publication.publications import PublicationError, PublicationSummary, list_publications, predecessor
from warehouse.records import read_record

RANKING = "cchc.ranking"
# The most important columns of an agency's ranking.
STANDING = ("official_pct", "rating", "group_rank")


@dataclass(frozen=True)
class Move:
    """One agency whose ranking of one year differs; a value is None where the agency or the value is missing."""

    year: int
    agency_id: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Two publications, `before` and `after`.

    `loads`: those that only one of the two contains; `are_loads_new` is false when `after` is the older
    one. `inputs`: name -> value before and after, where they differ; None when one of them does not record its inputs.
    `tables`: by full name; a table of only one publication has no rows in the other.
    """

    before: PublicationSummary
    after: PublicationSummary
    loads: tuple[LoadRecord, ...]
    inputs: Mapping[str, tuple[str | None, str | None]] | None
    tables: Mapping[str, TableDiff]
    moves: tuple[Move, ...]

    @property
    def are_loads_new(self) -> bool:
        """Whether `after` is newer than `before`."""
        return self.before.seq < self.after.seq


def compare_publications(home: Home, before_id: str | None, after_id: str | None) -> Comparison:
    """Compares two publications; by default the current one with the previous one.

    Raises PublicationError when one of them does not exist, or is the only one.
    """
    kept = {summary.publication_id: summary for summary in list_publications(home)}
    after = _find(kept, after_id) if after_id else next((s for s in kept.values() if s.is_current), None)
    if after is None:
        raise PublicationError("nothing is published yet: there is nothing to compare")
    named = before_id or predecessor(home, after)
    if named is None:
        raise PublicationError(f"{after.publication_id} is the oldest publication kept: there is nothing before it")
    before = _find(kept, named)
    folders = home.publications / before.publication_id, home.publications / after.publication_id
    with connect() as connection:
        tables = _diff_tables(connection, *folders)
        moves = _moves(connection, *folders)
    return Comparison(before, after, _loads(home, before, after), _inputs(home, before, after), tables, moves)


def _find(kept: Mapping[str, PublicationSummary], publication_id: str) -> PublicationSummary:
    if publication_id not in kept:
        raise PublicationError(f"there is no publication {publication_id}; cchc publications lists those kept")
    return kept[publication_id]


def _loads(home: Home, before: PublicationSummary, after: PublicationSummary) -> tuple[LoadRecord, ...]:
    first, last = sorted((before.seq, after.seq))
    between = {
        load_seq
        for run in Ledger(home).runs()
        if first < int(run.publication_id.split("-")[0]) <= last
        for load_seq in run.loads
    }
    return tuple(load for load in Ledger(home).loads() if load.load_seq in between)


def _inputs(
    home: Home, before: PublicationSummary, after: PublicationSummary
) -> dict[str, tuple[str | None, str | None]] | None:
    recorded = {run.publication_id: run.inputs for run in Ledger(home).runs()}
    old, new = recorded.get(before.publication_id), recorded.get(after.publication_id)
    if not old or not new:
        return None
    names = dict.fromkeys([*old, *new])
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def _diff_tables(connection: duckdb.DuckDBPyConnection, before: Path, after: Path) -> dict[str, TableDiff]:
    old, new = _read_tables(connection, before), _read_tables(connection, after)
    diffs: dict[str, TableDiff] = {}
    for name in sorted({*old, *new}):
        if name not in new:
            diffs[name] = TableDiff(old[name].rows, 0)
        elif name not in old:
            diffs[name] = TableDiff(None, new[name].rows)
        else:
            files = old[name].parquet, new[name].parquet
            diffs[name] = diff_table(connection, new[name].table, *files, old[name].rows, new[name].rows)
    return diffs


@dataclass(frozen=True)
class _Published:
    table: Table
    parquet: Path
    rows: int


def _read_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, _Published]:
    """Returns the tables of a publication as its own files describe them, because the code may have changed since."""
    manifest, keys = read_record(Manifest, folder / MANIFEST), read_keys(folder)
    found = {}
    for entry in manifest.tables:
        parquet = folder / entry.path
        described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(parquet)]).fetchall()
        columns = tuple(Column(column, data_type, False, "", "") for column, data_type, *_ in described)
        key = keys[entry.full_name]
        table = Table(entry.schema, entry.name, "", "", None, None, key, entry.profile, columns)
        found[entry.full_name] = _Published(table, parquet, entry.rows)
    return found


def _moves(connection: duckdb.DuckDBPyConnection, before: Path, after: Path) -> tuple[Move, ...]:
    schema, name = RANKING.split(".")
    files = [folder / "parquet" / schema / f"{name}.parquet" for folder in (before, after)]
    if not all(path.exists() for path in files):
        return ()
    side = f"(SELECT year, agency_id, {', '.join(STANDING)} FROM read_parquet(?))"
    differs = " OR ".join(
        f"b.{c} IS DISTINCT FROM a.{c}" if c != "official_pct" else f"round(b.{c}, 6) IS DISTINCT FROM round(a.{c}, 6)"
        for c in STANDING
    )
    values = ", ".join(f"{side}.{column}" for side in "ba" for column in STANDING)
    rows = connection.execute(
        f"SELECT year, agency_id, {values} FROM {side} AS b FULL JOIN {side} AS a USING (year, agency_id) "
        f"WHERE {differs} ORDER BY year DESC, abs(a.group_rank - b.group_rank) DESC NULLS LAST, agency_id",
        [str(path) for path in files],
    ).fetchall()
    n = len(STANDING)
    return tuple(
        Move(
            year,
            agency_id,
            dict(zip(STANDING, standing[:n], strict=True)),
            dict(zip(STANDING, standing[n:], strict=True)),
        )
        for year, agency_id, *standing in rows
    )
