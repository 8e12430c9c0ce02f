"""The features of agencies that criteria require, and whether the survey asks about an agency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from ingest.registry.declaration import FEATURE_PREFIX
from ingest.values.arrow import text_array

Cells = Mapping[str, str | None]

SURVEY = "survey"
_TYPES = {"valid_from": pa.date32(), "valid_to": pa.date32(), "has": pa.bool_()}


def feature_table(agencies: Iterable[Cells]) -> pa.Table:
    """The features as a table of the registry: agency_id, valid_from, valid_to, feature, has."""
    rows = [
        {**{name: cells[name] for name in ("agency_id", "valid_from", "valid_to")}, "feature": feature, "has": has}
        for cells in agencies
        for feature, has in _features(cells)
    ]
    names = ("agency_id", "valid_from", "valid_to", "feature", "has")
    return pa.table(
        {name: text_array(row[name] or None for row in rows).cast(_TYPES.get(name, pa.string())) for name in names}
    )


def _features(cells: Cells) -> Iterable[tuple[str, str | None]]:
    yield SURVEY, cells["is_survey_eligible"]
    for column, value in cells.items():
        if column.startswith(FEATURE_PREFIX):
            yield column.removeprefix(FEATURE_PREFIX), value
