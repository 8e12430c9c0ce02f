"""What became of an agency that is no longer there: a sentence for whoever still sends files in its name."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from ingest.vietnamese.text import normalise_name

_BECAME = {
    "merge": "đã sáp nhập vào",
    "split": "đã tách thành",
    "rename": "đã đổi tên thành",
    "move": "đã chuyển về",
}
_TABLES = {
    "agency_links": ["predecessor_id", "successor_id", "link_kind", "effective_date"],
    "agency_aliases": ["alias", "agency_id", "valid_from"],
    "agencies": ["agency_id", "agency_name", "valid_from"],
}


def explain_former(registry: Path, name: str, day: date | None) -> str | None:
    """What happened, up to `day`, to the agency that had this name; None when nothing is known to have happened."""
    files = ((registry / f"{table}.parquet") for table in _TABLES)
    changes = _load(*((path, path.stat().st_mtime_ns) for path in files)).get(normalise_name(name), [])
    past = [(when, said) for when, said in changes if day is None or when <= day]
    return max(past)[1] if past else None


@lru_cache(maxsize=4)
def _load(*files: tuple[Path, int]) -> dict[str, list[tuple[date, str]]]:
    links, aliases, agencies = (
        pq.read_table(path, columns=columns).to_pylist()
        for (path, _), columns in zip(files, _TABLES.values(), strict=True)
    )
    names = {row["agency_id"]: row["agency_name"] for row in sorted(agencies, key=lambda row: row["valid_from"])}
    changes: dict[str, dict[tuple[date, str], list[str]]] = {}
    for row in links:
        successor = names.get(row["successor_id"], row["successor_id"])
        kind = changes.setdefault(row["predecessor_id"], {})
        kind.setdefault((row["effective_date"], row["link_kind"]), []).append(successor)
    found: dict[str, list[tuple[date, str]]] = {}
    for row in aliases:
        for (when, kind_name), successors in changes.get(row["agency_id"], {}).items():
            into = "», «".join(sorted(successors))
            said = f"«{names.get(row['agency_id'], row['alias'])}» {_BECAME[kind_name]} «{into}» từ {when:%d/%m/%Y}"
            found.setdefault(normalise_name(row["alias"]), []).append((when, said))
    return found
