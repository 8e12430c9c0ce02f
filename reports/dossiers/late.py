"""Lists the dossiers behind an agency's R1: the members of the cohort that are not on time."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from reports.database import fetch, open_published
from reports.dossiers.landed import Event, read_events
from warehouse.config import Home
from warehouse.publication.staged import DATABASE

NOTICES = ("supplement_notice", "apology_reschedule_notice", "refusal_notice", "early_result_invitation")


class NothingToListError(LookupError):
    """The publication has no such agency or period."""


@dataclass(frozen=True)
class Period:
    """A month ("2015-03"), a year ("2015") or a reporting period of the registry; both days are included."""

    kind: str
    key: str
    name: str
    start_date: date
    end_date: date


@dataclass(frozen=True)
class LateDossier:
    """One dossier due in the period and not on time; days are those of its deadline's unit, `notices` its own.

    Of one that ended on an unknown day it is known that it was late, not how late.
    """

    dossier_code: str
    procedure_code: str | None
    procedure_name: str | None
    received_at: datetime
    due_original_date: date
    due_adjusted_date: date
    due_current_date: date
    finished_at: datetime | None
    end_reason: str | None
    net_days: int | None
    margin_days: int | None
    deadline_length: int
    deadline_unit: str
    paused_days: int
    flags: tuple[str, ...]
    notices: tuple[Event, ...]

    @property
    def late_days(self) -> int | None:
        """How far net time is past the deadline."""
        return None if self.margin_days is None else -self.margin_days


@dataclass(frozen=True)
class LateList:
    """The dossiers not on time of one agency and period, worst first, and the counts of the mart."""

    agency_id: str
    agency_name: str
    period: Period
    as_of_date: date
    n_due_cohort: int
    n_due_on_time: int
    dossiers: tuple[LateDossier, ...]
    labels: dict[tuple[str, str], str]

    @property
    def is_complete(self) -> bool:
        """Whether the list has as many dossiers as the mart counts not on time."""
        return len(self.dossiers) == self.n_due_cohort - self.n_due_on_time


def read_late(home: Home, agency_id: str, period_key: str) -> LateList:
    """Reads the list from the current publication and the landing of its loads.

    Raises NothingToListError for an agency or a period that the publication does not have, duckdb.Error without a
    publication.
    """
    with open_published(home.current / DATABASE) as connection:
        agencies = fetch(
            connection,
            "SELECT agency_id, agency_name, as_of_date FROM core.agency WHERE lower(agency_id) = lower(?)",
            agency_id,
        )
        if not agencies:
            raise NothingToListError(f"không có cơ quan nào mang mã {agency_id!r}; các mã ở bảng core.agency")
        period = find_period(connection, period_key)
        (agency,) = agencies
        counts = fetch(connection, _COUNTS[period.kind], agency["agency_id"], period.key)
        rows = fetch(connection, _LATE, agency["agency_id"], period.start_date, period.end_date)
        by_code: dict[str, list[Event]] = {}
        for event in read_events(connection, home, [row["dossier_code"] for row in rows]):
            if event.event_type in NOTICES:
                by_code.setdefault(event.dossier_code, []).append(event)
        return LateList(
            **agency,
            period=period,
            # An agency without a row in the mart had nothing due.
            n_due_cohort=counts[0]["n_due_cohort"] if counts else 0,
            n_due_on_time=counts[0]["n_due_on_time"] if counts else 0,
            dossiers=tuple(
                LateDossier(
                    **{**row, "flags": split_flags(row["flags"])}, notices=tuple(by_code.get(row["dossier_code"], ()))
                )
                for row in rows
            ),
            labels=read_labels(connection),
        )


def find_period(connection: duckdb.DuckDBPyConnection, key: str) -> Period:
    """Returns the period of a key. Raises NothingToListError when it is no month, year or period of the registry."""
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", key):
        first = date.fromisoformat(f"{key}-01")
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        return Period("month", key, f"tháng {first:%m/%Y}", first, last)
    if re.fullmatch(r"[12]\d{3}", key):
        return Period("year", key, f"năm {key}", date(int(key), 1, 1), date(int(key), 12, 31))
    found = fetch(
        connection, "SELECT period_name AS name, start_date, end_date FROM core.dim_period WHERE period_id = ?", key
    )
    if not found:
        raise NothingToListError(f"không có kỳ {key!r}; viết 2015-03, 2015 hoặc mã kỳ ở bảng core.dim_period")
    return Period("period", key, **found[0])


def split_flags(flags: str | None) -> tuple[str, ...]:
    """Returns the flags of a dossier, one by one."""
    return tuple(flags.split(";")) if flags else ()


def read_labels(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """Returns the Vietnamese label of every (list_name, value)."""
    rows: Sequence[dict[str, str]] = fetch(connection, "SELECT list_name, value, label_vi FROM core.label")
    return {(row["list_name"], row["value"]): row["label_vi"] for row in rows}


_COUNTS = {
    "month": "SELECT n_due_cohort, n_due_on_time FROM timeliness.on_time_by_agency_month "
    "WHERE agency_id = ? AND strftime(month, '%Y-%m') = ?",
    "year": "SELECT n_due_cohort, n_due_on_time FROM timeliness.on_time_by_agency_year "
    "WHERE agency_id = ? AND year = CAST(? AS INTEGER)",
    "period": "SELECT n_due_cohort, n_due_on_time FROM timeliness.on_time_by_agency_period "
    "WHERE agency_id = ? AND period_id = ?",
}

# Hours after days: an hour late is less than a day late.
_LATE = """
SELECT d.dossier_code, d.procedure_code, p.procedure_name, d.received_at, d.due_original_date, d.due_adjusted_date,
    d.due_current_date, d.finished_at, d.end_reason, d.net_days, d.margin_days, d.deadline_length, d.deadline_unit,
    d.paused_days, d.flags
FROM core.fct_dossier AS d
LEFT JOIN core.dim_procedure AS p
    ON d.procedure_code = p.procedure_code
    AND CAST(d.received_at AS DATE) >= p.valid_from
    AND CAST(d.received_at AS DATE) < coalesce(p.valid_to, DATE '9999-12-31')
WHERE d.is_in_flow AND d.is_in_due_cohort AND NOT d.is_on_time
    AND d.resolving_agency_id = ? AND d.due_adjusted_date BETWEEN ? AND ?
ORDER BY d.deadline_unit = 'hour', d.margin_days NULLS LAST, d.due_adjusted_date, d.dossier_code
"""
