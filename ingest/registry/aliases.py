"""The dated names of agencies, folded for comparison; read once per night."""

from __future__ import annotations

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
    known = {
        (normalise_name(row["alias"]), row["agency_id"], row["valid_from"], row["valid_to"] or _FAR_FUTURE)
        for row in rows
    }
    keys, agencies, firsts, lasts = zip(*sorted(known), strict=True) if known else ((), (), (), ())
    return pa.table(
        {
            "alias_key": text_array(keys),
            "agency_id": text_array(agencies),
            "valid_from": pa.array(firsts, pa.date32()),
            "valid_to": pa.array(lasts, pa.date32()),
        }
    )
