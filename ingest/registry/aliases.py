"""The dated names of agencies, folded for comparison; read once per night."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.values.arrow import text_array
from ingest.vietnamese.text import normalise_name

_FAR_FUTURE = date(9999, 12, 31)


def load_aliases(registry: Path) -> pa.Table:
    """Returns alias_key, agency_id, valid_from, valid_to (exclusive) of a checked registry's Parquet."""
    path = registry / "agency_aliases.parquet"
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> pa.Table:
    rows = pq.read_table(path, columns=["alias", "agency_id", "valid_from", "valid_to"]).to_pylist()
    known = _merged(
        (normalise_name(row["alias"]), row["agency_id"], row["valid_from"], row["valid_to"] or _FAR_FUTURE)
        for row in rows
    )
    keys, agencies, firsts, lasts = zip(*known, strict=True) if known else ((), (), (), ())
    return pa.table(
        {
            "alias_key": text_array(keys),
            "agency_id": text_array(agencies),
            "valid_from": pa.array(firsts, pa.date32()),
            "valid_to": pa.array(lasts, pa.date32()),
        }
    )


def _merged(rows: Iterable[tuple[str, str, date, date]]) -> list[tuple[str, str, date, date]]:
    """Joins the times in which a name leads to one agency: on no day do two rows lead there."""
    merged: list[tuple[str, str, date, date]] = []
    for key, agency, first, last in sorted(rows):
        if merged and merged[-1][:2] == (key, agency) and first <= merged[-1][3]:
            merged[-1] = (key, agency, merged[-1][2], max(last, merged[-1][3]))
        else:
            merged.append((key, agency, first, last))
    return merged
