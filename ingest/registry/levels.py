"""The levels of a criteria set: lĩnh vực (1), tiêu chí, tiêu chí thành phần and so on, as deep as it is issued."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import pyarrow as pa

from ingest.values.arrow import text_array

Cells = Mapping[str, str | None]

# The area is level 1.
FIRST_LEVEL = 2


class Level(NamedTuple):
    """A criterion and one of the rows that it stands under, itself included; `level` is the criterion's own."""

    set_id: str
    criterion_code: str
    ancestor_code: str
    level: int


def ancestors(code: str, parents: Mapping[str, str]) -> list[str]:
    """The headings above a criterion, nearest first. Raises ValueError where they lead back to one of them."""
    found = [code]
    while parent := parents.get(found[-1]):
        if parent in found:
            raise ValueError(f"the parents of {code} lead in a circle: {' > '.join([*found, parent])}")
        found.append(parent)
    return found[1:]


def parents_by_set(criteria: Iterable[Cells]) -> dict[str, dict[str, str]]:
    """By set, the parent of every criterion that has one."""
    found: dict[str, dict[str, str]] = {}
    for row in criteria:
        parents = found.setdefault(row["set_id"] or "", {})
        if row["parent_code"]:
            parents[row["criterion_code"] or ""] = row["parent_code"]
    return found


def levels_of(criteria: Iterable[Cells]) -> Iterator[Level]:
    """Every criterion with each row that it stands under, itself first."""
    rows = list(criteria)
    parents = parents_by_set(rows)
    for row in rows:
        set_id, code = row["set_id"] or "", row["criterion_code"] or ""
        above = ancestors(code, parents[set_id])
        for ancestor in (code, *above):
            yield Level(set_id, code, ancestor, FIRST_LEVEL + len(above))


def level_table(criteria: Iterable[Cells]) -> pa.Table:
    """The levels as a table of the registry: set_id, criterion_code, ancestor_code, level."""
    rows = list(levels_of(criteria))
    texts = {name: text_array(getattr(row, name) for row in rows) for name in Level._fields[:3]}
    return pa.table({**texts, "level": pa.array([row.level for row in rows], pa.int32())})
