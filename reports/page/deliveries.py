"""Missing and late deliveries, from quality.expected_deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from reports.database import fetch


@dataclass(frozen=True)
class Expected:
    """One agency's delivery that is missing or late."""

    agency_name: str
    arrived_date: date | None


@dataclass(frozen=True)
class Overdue:
    """Deliveries of one source and period with one deadline, all missing or all late."""

    source: str
    period: str
    expected_by_date: date
    is_missing: bool
    deliveries: tuple[Expected, ...]


@dataclass(frozen=True)
class Deliveries:
    """Counts of expected deliveries and those that are missing (first) or late, by source and period."""

    n_expected: int
    n_due: int
    n_missing: int
    n_late: int
    overdue: tuple[Overdue, ...]


def read_deliveries(connection: duckdb.DuckDBPyConnection) -> Deliveries | None:
    """Reads missing and late deliveries; None when no delivery is expected. Raises duckdb.Error."""
    (counts,) = fetch(connection, _COUNTS)
    if not counts["n_expected"]:
        return None
    groups: dict[tuple[str, str, date, bool], list[Expected]] = {}
    for row in fetch(connection, _OVERDUE):
        key = row["source"], row["period"], row["expected_by_date"], row["is_missing"]
        groups.setdefault(key, []).append(Expected(row["agency_name"], row["arrived_date"]))
    overdue = tuple(Overdue(*key, tuple(found)) for key, found in groups.items())
    return Deliveries(**counts, overdue=overdue)


_COUNTS = """
SELECT count(*) AS n_expected, count(*) FILTER (WHERE delivery_status <> 'not_due') AS n_due,
    count(*) FILTER (WHERE delivery_status = 'missing') AS n_missing,
    count(*) FILTER (WHERE delivery_status = 'late') AS n_late
FROM quality.expected_deliveries
"""

_OVERDUE = """
SELECT coalesce(s.label_vi, e.source) AS source, coalesce(p.period_name, e.period_id) AS period, e.expected_by_date,
    e.delivery_status = 'missing' AS is_missing, coalesce(a.agency_name, e.agency_id) AS agency_name,
    CAST(e.arrived_at AS DATE) AS arrived_date
FROM quality.expected_deliveries AS e
LEFT JOIN core.dim_period AS p ON p.period_id = e.period_id
LEFT JOIN core.agency AS a ON a.agency_id = e.agency_id
LEFT JOIN core.label AS s ON s.list_name = 'source' AND s.value = e.source
LEFT JOIN core.label AS g ON g.list_name = 'unit_kind' AND g.value = a.unit_kind
WHERE e.delivery_status IN ('missing', 'late')
ORDER BY is_missing DESC, coalesce(s.sort_order, 99), e.source, e.expected_by_date, e.period_id,
    coalesce(g.sort_order, 99), a.agency_name, e.agency_id
"""
