"""Writes which rows of a delivery are not judged: marked ones, and all but one of each key."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from ingest.contract import Contract

DUPLICATE = "duplicate"


def write_set_aside(connection: duckdb.DuckDBPyConnection, contract: Contract, candidates: Path, target: Path) -> None:
    """Writes (line, outcome) of marked rows and of all but the latest row of each key, between equals the last.

    Rows that lack a part of the key repeat nothing: a rule judges each of them.
    """
    key = ", ".join(contract.key)
    judged = " and ".join(["marks is null", *(f"{name} is not null" for name in contract.key)])
    # Sorting the hashes of millions of keys takes half as long as grouping by them; the keys themselves are
    # compared only where two hashes meet.
    hashes = connection.sql(
        f"select hash({key}) as row_hash from read_parquet(?) where {judged}", params=[str(candidates)]
    )
    ordered = np.sort(hashes.to_arrow_table()["row_hash"].to_numpy())
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    connection.register("repeated", pa.table({"row_hash": repeated}))
    days = ", ".join(f"cast({name} as timestamp)" for name in contract.latest)
    latest = f"greatest({days}) desc nulls last, " if days else ""
    ranked = f"""
        select line, row_number() over (partition by {key} order by {latest}line desc) as place
        from read_parquet($candidates) where {judged} and hash({key}) in (select row_hash from repeated)
        """
    again = f"union all select line, '{DUPLICATE}' from ({ranked}) where place > 1" if len(repeated) else ""
    marked = "select line, marks as outcome from read_parquet($candidates) where marks is not null"
    copy_query(connection, f"{marked} {again}", target, candidates=candidates)


def copy_query(connection: duckdb.DuckDBPyConnection, query: str, target: Path, **files: Path) -> None:
    """Writes the rows of a query, which may name `files` as parameters, as Parquet."""
    connection.execute(
        f"copy ({query}) to $target (format parquet, compression zstd)",
        {"target": str(target), **{name: str(path) for name, path in files.items()}},
    ).fetchall()
