"""The scales of answers: from where to where they reach, and which of their answers count as satisfied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa

from ingest.registry.declaration import VALUE_TYPES
from ingest.values.arrow import text_array

Cells = Mapping[str, str | None]

# Of the scale 1 to 5 the two best answers count as satisfied, unless its labels say otherwise (methods §3.1).
FIVE = (1, 5)
_SATISFIED_OF_FIVE = 4


class Scale(NamedTuple):
    """The lowest and the highest answer, and the least that counts as satisfied; None where nothing says so."""

    name: str
    lowest: int
    highest: int
    satisfied_from: int | None


def read_scales(labels: Iterable[Cells]) -> dict[str, Scale]:
    """Returns the scales that have answers, by name; a cell that is no number is reported elsewhere."""
    is_number = VALUE_TYPES["integer"].accepts
    found: dict[str, list[Cells]] = {}
    for cells in labels:
        if is_number(cells["answer"] or ""):
            found.setdefault(cells["scale"] or "", []).append(cells)
    return {name: _scale(name, rows) for name, rows in found.items()}


def scale_table(labels: Iterable[Cells]) -> pa.Table:
    """Returns the scales as a table of the registry: scale, lowest, highest, satisfied_from."""
    scales = list(read_scales(labels).values())
    numbers = {name: pa.array([getattr(one, name) for one in scales], pa.int64()) for name in Scale._fields[1:]}
    return pa.table({"scale": text_array(one.name for one in scales), **numbers})


def _scale(name: str, rows: list[Cells]) -> Scale:
    answers = [_answer(cells) for cells in rows]
    lowest, highest = min(answers), max(answers)
    satisfied = [_answer(cells) for cells in rows if cells["is_satisfied"] == "1"]
    if satisfied:
        return Scale(name, lowest, highest, min(satisfied))
    is_stated = any(cells["is_satisfied"] for cells in rows)
    return Scale(name, lowest, highest, _SATISFIED_OF_FIVE if (lowest, highest) == FIVE and not is_stated else None)


def _answer(cells: Cells) -> int:
    return int(cells["answer"] or 0)
