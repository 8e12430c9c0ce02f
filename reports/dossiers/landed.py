"""Reads delivered rows of single dossiers from the loads of a publication. No personal data is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from reports.database import fetch
from warehouse.config import Home
from warehouse.landing import PART, landing_folder


@dataclass(frozen=True)
class Event:
    """One event of a dossier as it was delivered; `document_no` is the number of a slip or notice."""

    dossier_code: str
    event_type: str
    occurred_at: datetime
    document_no: str | None
    new_due_at: datetime | None


def read_events(connection: duckdb.DuckDBPyConnection, home: Home, codes: Sequence[str]) -> list[Event]:
    """Returns the events of some dossiers up to the data date, in order; repeated events of overlapping exports count
    once.

    `connection` is open on the publication whose quality.load_ledger lists the loads that count.
    """
    files = _landed_files(connection, home, "dossier_events")
    if not files or not codes:
        return []
    return [Event(**row) for row in fetch(connection, _EVENTS, files, list(codes))]


def read_log_row(connection: duckdb.DuckDBPyConnection, home: Home, code: str, load_seq: int) -> dict[str, Any] | None:
    """Returns the row of a dossier in the log of load `load_seq` (dates, status, line, file); None without one.

    Keys: submitted_at, received_at, printed_due_at, finished_at, returned_at, status, line, original_name, load_seq.
    """
    files = _landed_files(connection, home, "dossiers", load_seq)
    return next(iter(fetch(connection, _LOG_ROW, files, code, load_seq)), None) if files else None


def _landed_files(
    connection: duckdb.DuckDBPyConnection, home: Home, source: str, load_seq: int | None = None
) -> list[str]:
    loads = fetch(connection, _LOADS, source, load_seq, load_seq)
    paths = [landing_folder(home, source, load["load_id"]) / PART for load in loads]
    return [str(path) for path in paths if path.exists()]


# A file that was judged again has one landing folder and two loads.
_LOADS = """
SELECT DISTINCT load_id FROM quality.load_ledger
WHERE source = ? AND verdict_status = 'accepted' AND (? IS NULL OR load_seq = ?)
ORDER BY load_id
"""

_EVENTS = """
SELECT e.dossier_code, e.event_type, e.occurred_at, any_value(e.document_no) AS document_no,
    max(e.new_due_at) AS new_due_at
FROM read_parquet(?) AS e
CROSS JOIN (SELECT max(as_of_date) AS as_of_date FROM quality.load_ledger) AS r
WHERE e.dossier_code IN (SELECT unnest(?)) AND CAST(e.occurred_at AS DATE) <= r.as_of_date
GROUP BY e.dossier_code, e.event_type, e.occurred_at
ORDER BY e.dossier_code, e.occurred_at, min(e.line), e.event_type
"""

_LOG_ROW = """
SELECT d.submitted_at, d.received_at, d.due_at AS printed_due_at, d.finished_at, d.returned_at, d.status, d.line,
    l.original_name, l.load_seq
FROM read_parquet(?) AS d
INNER JOIN quality.load_ledger AS l ON d.dossier_code = ? AND l.load_seq = ?
"""
