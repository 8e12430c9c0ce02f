"""Which codes the criteria sets have: for whom, in which years, and whether points stand on them."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.values.arrow import text_array

_LAST_YEAR = 9999
_TABLES = {
    "agencies": ["agency_id", "cchc_group", "valid_from", "valid_to"],
    "criteria_sets": ["set_id", "cchc_groups", "first_year", "last_year"],
    "criteria": ["set_id", "criterion_code", "scored_by"],
}


def load_codes(registry: Path) -> pa.Table:
    """agency_id, first_year, last_year, code, is_leaf of a checked registry's Parquet; read again after a change."""
    return _load(*((path := registry / f"{name}.parquet", path.stat().st_mtime_ns) for name in _TABLES))


@lru_cache(maxsize=4)
def _load(*files: tuple[Path, int]) -> pa.Table:
    agencies, sets, criteria = (
        pq.read_table(path, columns=columns).to_pylist()
        for (path, _), columns in zip(files, _TABLES.values(), strict=True)
    )
    codes: dict[str, list[tuple[str, bool]]] = {}
    for row in criteria:
        codes.setdefault(row["set_id"], []).append((row["criterion_code"], row["scored_by"] is not None))
    rows = [
        (agency["agency_id"], first, last, code, is_leaf)
        for agency in agencies
        for own in sets
        if agency["cchc_group"] in own["cchc_groups"].split(";")
        for first, last in [_years(agency, own)]
        if first <= last
        for code, is_leaf in codes.get(own["set_id"], [])
    ]
    whose, firsts, lasts, names, leaves = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return pa.table(
        {
            "agency_id": text_array(whose),
            "first_year": pa.array(firsts, pa.int64()),
            "last_year": pa.array(lasts, pa.int64()),
            "code": text_array(names),
            "is_leaf": pa.array(leaves, pa.bool_()),
        }
    )


def _years(agency: dict[str, date | None], own: dict[str, int | None]) -> tuple[int, int]:
    """The years of a set on whose 31/12 the row of an agency holds."""
    start, end = agency["valid_from"], agency["valid_to"]
    assert start is not None
    last = end.year - 1 if end else _LAST_YEAR
    return max(start.year, own["first_year"] or 0), min(last, own["last_year"] or _LAST_YEAR)
