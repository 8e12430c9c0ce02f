"""The deliveries of one validation run, and the relations that rules query.

`d`      the rows that rules judge: the candidates' columns, `delivery` (ordinal), `data_until`
`aside`  the rows that no rule judges (totals, duplicates, …): the candidates' columns, `delivery`, `outcome`
`items`  the answers of a source's survey forms, if it has any: `delivery`, line, item_code, answer, missing_reason

Lines and keys repeat across files: a rule that compares rows of one file uses `delivery` together with `line`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from warehouse.engine import connect
from warehouse.sql import quote_text

Schema = Sequence[tuple[str, str]]

# Opening Great Expectations costs as much as judging several hundred small files; big files gain little from sharing.
_MOST_DELIVERIES = 200
_MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Delivered:
    """The conformed files of one delivery; `data_until` is its data date, findings are written into `folder`."""

    candidates: Path
    set_aside: Path
    items: Path | None
    data_until: date
    folder: Path


def write_empty(folder: Path, rows: Schema, items: Schema | None, data_until: date) -> Delivered:
    """Writes a delivery without rows below `folder`; `rows` and `items` are names and SQL types of its columns."""
    schemas = {"candidates": rows, "set_aside": (("line", "BIGINT"), ("outcome", "VARCHAR")), "items": items}
    with connect() as connection:
        for name, schema in schemas.items():
            columns = ", ".join(f"cast(null as {kind}) as {column}" for column, kind in schema or ())
            if columns:
                target = str(folder / f"{name}.parquet")
                connection.execute(f"copy (select {columns} limit 0) to $target (format parquet)", {"target": target})
    return Delivered(
        folder / "candidates.parquet",
        folder / "set_aside.parquet",
        folder / "items.parquet" if items else None,
        data_until,
        folder,
    )


def group_deliveries(deliveries: Sequence[Delivered]) -> Iterator[dict[int, Delivered]]:
    """Groups deliveries, keyed by ordinal, into runs of bounded number and size; a big delivery is its own group."""
    group: dict[int, Delivered] = {}
    size = 0
    for ordinal, delivered in enumerate(deliveries):
        bytes_here = delivered.candidates.stat().st_size + (delivered.items.stat().st_size if delivered.items else 0)
        if group and (len(group) == _MOST_DELIVERIES or size + bytes_here > _MOST_BYTES):
            yield group
            group, size = {}, 0
        group[ordinal] = delivered
        size += bytes_here
    if group:
        yield group


def relations(group: dict[int, Delivered]) -> list[str]:
    """Returns the statements that define `d`, `aside` and `items` over the deliveries of a group."""
    with_aside = {n: one for n, one in group.items() if pq.read_metadata(one.set_aside).num_rows}
    judged = [
        f"select *, {n} as delivery, date '{one.data_until}' as data_until from {_file(one.candidates)}"
        + (f" where line not in (select line from {_file(one.set_aside)})" if n in with_aside else "")
        for n, one in group.items()
    ]
    aside = [
        f"select c.*, {n} as delivery, s.outcome from {_file(one.candidates)} as c"
        f" inner join {_file(one.set_aside)} as s on s.line = c.line"
        for n, one in (with_aside or group).items()
    ]
    items = [f"select *, {n} as delivery from {_file(one.items)}" for n, one in group.items() if one.items]
    # Over a view each rule would open every file again; a single big file is scanned in place.
    kind = "table" if len(group) > 1 else "view"
    statements = [f"create {kind} d as {_union(judged)}", f"create view aside as {_union(aside)}"]
    return [*statements, f"create view items as {_union(items)}"] if items else statements


def _file(path: Path) -> str:
    return f"read_parquet({quote_text(path)})"


def _union(queries: Sequence[str]) -> str:
    return " union all by name ".join(queries)
