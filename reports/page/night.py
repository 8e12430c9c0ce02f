"""The figures of a night on the page, read from published marts only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from reports.database import fetch

# The verdicts that need no action.
QUIET_VERDICTS = ("accepted", "known")


@dataclass(frozen=True)
class Load:
    """One delivered file with its row counts; `verdict` is the Vietnamese label of `verdict_status`.

    `file` is the label of the load: the name of a file may be that of a person.
    """

    load_seq: int
    source: str
    file: str
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_duplicate: int
    rows_excluded: int
    rows_held: int
    verdict_status: str
    verdict: str
    reason: str | None

    @property
    def needs_attention(self) -> bool:
        """The file is not part of the figures and its sender must act."""
        return self.verdict_status not in QUIET_VERDICTS


@dataclass(frozen=True)
class FailedRule:
    """One rule that rows of this night's files, or the marts, break."""

    rule_code: str
    statement: str
    source: str
    severity: str
    n_failed: int
    n_evaluated: int
    failed_pct: float


@dataclass(frozen=True)
class OnTime:
    """Rates of one agency (or of the province) over the window; percentages 0-100, intervals as the mart has them.

    on_time_pct is R1 over dossiers due, completed_only_pct R2 over dossiers completed; month_* is the window's last
    month.
    """

    agency_name: str
    short_name: str
    n_due: int
    on_time_pct: float | None
    n_completed: int
    completed_only_pct: float | None
    n_open_overdue: int
    month_n_due: int | None
    month_on_time_pct: float | None
    month_ci_lo: float | None
    month_ci_hi: float | None


@dataclass(frozen=True)
class Group:
    """Agencies of one kind, highest on_time_pct first."""

    label: str
    agencies: tuple[OnTime, ...]


@dataclass(frozen=True)
class Month:
    """Stock and flow of the province in one month, in dossiers. `n_ended` were withdrawn or stopped."""

    month: date
    n_carried_over: int
    n_received: int
    n_finished: int
    n_ended: int
    n_open: int
    n_open_overdue: int


@dataclass(frozen=True)
class Night:
    """Deliveries, checks and dossiers of one publication; `months` is up to twelve, to the month of `as_of_date`."""

    publication_id: str
    as_of_date: date
    method_version: str
    loads: tuple[Load, ...]
    failed_rules: tuple[FailedRule, ...]
    n_rules: int
    groups: tuple[Group, ...]
    province: OnTime
    months: tuple[Month, ...]


def read_night(connection: duckdb.DuckDBPyConnection, loads: Sequence[int] | None) -> Night:
    """Reads the night from a published database; `loads` are its load_seq values, None means all loads.

    The publication is the last one of quality.publications, whose list ends with the publication that holds it; mart
    rules are those evaluated for it. Raises duckdb.Error when a mart is missing.
    """
    connection.execute("SET VARIABLE all_loads = ?", [loads is None])
    connection.execute("SET VARIABLE loads = ?::BIGINT[]", [list(loads or ())])
    (stamp,) = fetch(connection, _STAMP)
    connection.execute("SET VARIABLE publication_id = ?", [stamp["publication_id"]])
    months = tuple(Month(**row) for row in fetch(connection, _MONTHS))
    rules = fetch(connection, _RULES)
    groups: dict[str, list[OnTime]] = {}
    for row in fetch(connection, _ON_TIME):
        groups.setdefault(row.pop("kind"), []).append(OnTime(**row))
    return Night(
        **stamp,
        loads=tuple(Load(**row) for row in fetch(connection, _LOADS)),
        failed_rules=tuple(FailedRule(**rule) for rule in rules if rule["n_failed"]),
        n_rules=len(rules),
        groups=tuple(Group(label, tuple(agencies)) for label, agencies in groups.items()),
        province=OnTime(**fetch(connection, _PROVINCE)[0]),
        months=months,
    )


_STAMP = """
SELECT publication_id, as_of_date, method_version FROM quality.publications ORDER BY built_at DESC LIMIT 1
"""

_LOADS = """
SELECT l.load_seq, coalesce(s.label_vi, l.source) AS source, l.source || '-' || l.load_seq AS file,
    l.rows_read, l.rows_accepted, l.rows_quarantined, l.rows_duplicate, l.rows_excluded, l.rows_held,
    l.verdict_status, coalesce(v.label_vi, l.verdict_status) AS verdict, l.reason
FROM quality.load_ledger AS l
LEFT JOIN core.label AS v ON v.list_name = 'verdict_status' AND v.value = l.verdict_status
LEFT JOIN core.label AS s ON s.list_name = 'source' AND s.value = l.source
WHERE getvariable('all_loads') OR list_contains(getvariable('loads'), l.load_seq)
ORDER BY l.load_seq
"""

_RULES = """
WITH counted AS (
    SELECT source, rule_code, severity, statement,
        CAST(sum(n_failed) AS BIGINT) AS n_failed, CAST(sum(n_evaluated) AS BIGINT) AS n_evaluated
    FROM quality.rule_results
    WHERE CASE
        WHEN load_seq IS NULL THEN publication_id = getvariable('publication_id')
        ELSE getvariable('all_loads') OR list_contains(getvariable('loads'), load_seq)
    END
    GROUP BY source, rule_code, severity, statement
)
SELECT c.rule_code, c.statement, coalesce(s.label_vi, c.source) AS source, coalesce(v.label_vi, c.severity) AS severity,
    c.n_failed, c.n_evaluated, CAST(100.0 * c.n_failed / nullif(c.n_evaluated, 0) AS DOUBLE) AS failed_pct
FROM counted AS c
LEFT JOIN core.label AS v ON v.list_name = 'severity' AND v.value = c.severity
LEFT JOIN core.label AS s ON s.list_name = 'source' AND s.value = c.source
ORDER BY coalesce(v.sort_order, 99), c.n_failed DESC, c.rule_code, c.source
"""

# R1 and R2 are pooled over months and agencies by summing numerators and denominators (methods §4.4).
_WINDOW = """
WITH recent AS (
    SELECT max(month) AS last_month FROM timeliness.on_time_by_agency_month WHERE month <= as_of_date
),

w AS (
    SELECT m.*, m.month = r.last_month AS is_last_month
    FROM timeliness.on_time_by_agency_month AS m
    INNER JOIN recent AS r ON m.month <= r.last_month AND m.month > r.last_month - INTERVAL 12 MONTH
)
"""

_RATES = """
    CAST(coalesce(sum(w.n_due_cohort), 0) AS BIGINT) AS n_due,
    CAST(100.0 * sum(w.n_due_on_time) / nullif(sum(w.n_due_cohort), 0) AS DOUBLE) AS on_time_pct,
    CAST(coalesce(sum(w.n_early + w.n_on_time + w.n_late), 0) AS BIGINT) AS n_completed,
    CAST(100.0 * sum(w.n_early + w.n_on_time) / nullif(sum(w.n_early + w.n_on_time + w.n_late), 0) AS DOUBLE)
        AS completed_only_pct,
    CAST(coalesce(sum(w.n_open_overdue) FILTER (WHERE w.is_last_month), 0) AS BIGINT) AS n_open_overdue
"""

_ON_TIME = f"""
{_WINDOW}
SELECT coalesce(any_value(k.label_vi), a.unit_kind, 'Khác') AS kind,
    coalesce(any_value(a.agency_name), w.agency_id) AS agency_name,
    coalesce(any_value(a.short_name), any_value(a.agency_name), w.agency_id) AS short_name, {_RATES},
    max(w.n_due_cohort) FILTER (WHERE w.is_last_month) AS month_n_due,
    max(w.on_time_pct) FILTER (WHERE w.is_last_month) AS month_on_time_pct,
    max(w.ci_lo) FILTER (WHERE w.is_last_month) AS month_ci_lo,
    max(w.ci_hi) FILTER (WHERE w.is_last_month) AS month_ci_hi
FROM w
LEFT JOIN core.agency AS a ON a.agency_id = w.agency_id
LEFT JOIN core.label AS k ON k.list_name = 'unit_kind' AND k.value = a.unit_kind
GROUP BY w.agency_id, a.unit_kind
ORDER BY coalesce(any_value(k.sort_order), 99), a.unit_kind, on_time_pct DESC NULLS LAST, w.agency_id
"""

_PROVINCE = f"""
{_WINDOW}
SELECT 'Toàn tỉnh' AS agency_name, 'Toàn tỉnh' AS short_name, {_RATES},
    CAST(sum(w.n_due_cohort) FILTER (WHERE w.is_last_month) AS BIGINT) AS month_n_due,
    CAST(
        100.0 * sum(w.n_due_on_time) FILTER (WHERE w.is_last_month)
        / nullif(sum(w.n_due_cohort) FILTER (WHERE w.is_last_month), 0) AS DOUBLE
    ) AS month_on_time_pct,
    CAST(NULL AS DOUBLE) AS month_ci_lo, CAST(NULL AS DOUBLE) AS month_ci_hi
FROM w
"""

_MONTHS = f"""
{_WINDOW}
SELECT w.month, CAST(sum(w.n_carried_over) AS BIGINT) AS n_carried_over,
    CAST(sum(w.n_received) AS BIGINT) AS n_received,
    CAST(sum(w.n_finished) AS BIGINT) AS n_finished, CAST(sum(w.n_withdrawn + w.n_stopped) AS BIGINT) AS n_ended,
    CAST(sum(w.n_open) AS BIGINT) AS n_open, CAST(sum(w.n_open_overdue) AS BIGINT) AS n_open_overdue
FROM w GROUP BY w.month ORDER BY w.month
"""
