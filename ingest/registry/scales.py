"""The scales of answers: from where to where they reach, and which of their answers count as satisfied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from ingest.registry.declaration import VALUE_TYPES
from ingest.registry.tables import Row, groups
from ingest.values.arrow import text_array

# Of the scale 1 to 5 the two best answers count as satisfied, unless its labels say otherwise (methods §3.1).
FIVE = (1, 5)
_SATISFIED_OF_FIVE = 4


class Scale(NamedTuple):
    """The lowest and the highest answer, and the least that counts as satisfied; None where nothing says so."""

    name: str
    lowest: int
    highest: int
    satisfied_from: int | None


def read_scales(labels: Iterable[Row]) -> dict[str, Scale]:
    """Returns the scales that have answers, by name; a cell that is no number is reported elsewhere."""
    is_number = VALUE_TYPES["integer"].accepts
    usable = (row for row in labels if is_number(row.cells["answer"]))
    return {name: _scale(name, rows) for name, rows in groups(usable, lambda row: row.cells["scale"])}


def scale_table(labels: Iterable[Row]) -> pa.Table:
    """Returns the scales as a table of the registry: scale, lowest, highest, satisfied_from."""
    scales = list(read_scales(labels).values())
    numbers = {name: pa.array([getattr(one, name) for one in scales], pa.int64()) for name in Scale._fields[1:]}
    return pa.table({"scale": text_array(one.name for one in scales), **numbers})


def _scale(name: str, rows: list[Row]) -> Scale:
    answers = [int(row.cells["answer"]) for row in rows]
    lowest, highest = min(answers), max(answers)
    satisfied = [int(row.cells["answer"]) for row in rows if row.cells["is_satisfied"] == "1"]
    if satisfied:
        return Scale(name, lowest, highest, min(satisfied))
    is_stated = any(row.cells["is_satisfied"] for row in rows)
    return Scale(name, lowest, highest, _SATISFIED_OF_FIVE if (lowest, highest) == FIVE and not is_stated else None)
