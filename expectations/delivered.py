"""The deliveries that one run of the rules looks at, and the relations in which a rule sees their rows.

`d`      the rows that are still to be judged: the candidates' columns, `delivery` (ordinal), `data_until`
`aside`  the rows that no rule judges (totals, duplicates, …): the candidates' columns, `delivery`, `outcome`
`items`  where the source has them, the answers of its forms: `delivery`, line, item_code, answer, missing_reason

Lines and keys repeat from file to file: a rule that compares rows of one file names `delivery` beside `line`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

# Opening Great Expectations costs as much as judging several hundred small files; big ones share nothing to speak of.
_MOST_DELIVERIES = 200
_MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Delivered:
    """The conformed files of one delivery; `data_until` is the day until which it speaks, `folder` takes findings."""

    candidates: Path
    set_aside: Path
    items: Path | None
    data_until: date
    folder: Path


def group_deliveries(deliveries: Sequence[Delivered]) -> Iterator[dict[int, Delivered]]:
    """The deliveries by their ordinal, in runs of bounded number and size; a big one stands alone."""
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
    """Statements that define `d`, `aside` and `items` over the deliveries of a group."""
    with_aside = {n: one for n, one in group.items() if pq.read_metadata(one.set_aside).num_rows}
    judged = [
        f"select *, {n} as delivery, date '{one.data_until}' as data_until from '{one.candidates}'"
        + (f" where line not in (select line from '{one.set_aside}')" if n in with_aside else "")
        for n, one in group.items()
    ]
    aside = [
        f"select c.*, {n} as delivery, s.outcome from '{one.candidates}' as c"
        f" inner join '{one.set_aside}' as s on s.line = c.line"
        for n, one in (with_aside or group).items()
    ]
    items = [f"select *, {n} as delivery from '{one.items}'" for n, one in group.items() if one.items]
    # Each rule would open every file of a view again; the one big file of a group is read as it lies.
    kind = "table" if len(group) > 1 else "view"
    statements = [f"create {kind} d as {_union(judged)}", f"create view aside as {_union(aside)}"]
    return [*statements, f"create view items as {_union(items)}"] if items else statements


def _union(queries: Sequence[str]) -> str:
    return " union all by name ".join(queries)
