"""Traces one dossier from its delivered row and events to its verdict, with the numbers of the days written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from reports.database import fetch, open_published
from reports.dossiers.landed import Event, read_events, read_log_row
from reports.dossiers.late import NothingToListError, read_labels
from warehouse.config import Home
from warehouse.publication.staged import DATABASE


@dataclass(frozen=True)
class Day:
    """One day of the calendar. `number` is the running count of working days."""

    calendar_date: date
    is_working_day: bool
    number: int
    holiday_name: str | None


@dataclass(frozen=True)
class Receipt:
    """The start of the clock: the day as which the receipt counts, and the reason when it is another day."""

    counted_from: date
    is_after_cutoff: bool
    is_day_off: bool
    cutoff: str | None


@dataclass(frozen=True)
class Pause:
    """One row of core.fct_dossier_pause. Its time off the clock is in `n_days` or, of a limit in hours, `n_minutes`."""

    started_at: datetime
    ended_at: datetime | None
    kind: str
    n_days: int | None
    n_minutes: int | None
    is_open: bool
    is_lawful: bool


@dataclass(frozen=True)
class Trace:
    """The content of `cchc dossier show`; `fact` is its row of core.fct_dossier, with agency names.

    `log_row` is None when the dossier is known from events only or its log is no longer in the landing, `receipt` when
    nothing can be counted. `days` are the days from the receipt to the last date that matters.
    """

    fact: dict[str, Any]
    log_row: dict[str, Any] | None
    events: tuple[Event, ...]
    procedure: dict[str, Any] | None
    receipt: Receipt | None
    pauses: tuple[Pause, ...]
    days: tuple[Day, ...]
    labels: dict[tuple[str, str], str]

    @property
    def counts_days(self) -> bool:
        """Whether its clock counts days, not hours."""
        return self.fact["deadline_unit"] != "hour"

    @property
    def end_date(self) -> date:
        """The day of the end, or the data date while the dossier is open."""
        ended: datetime | None = self.fact["finished_at"]
        return ended.date() if ended else self.fact["as_of_date"]

    def number(self, day: date) -> int:
        """Returns the working day number of a day from the receipt on, as core.dim_date has it."""
        return next(one.number for one in self.days if one.calendar_date == day)

    def between(self, first: date, last: date) -> list[Day]:
        """Returns the days after `first` up to `last`."""
        return [day for day in self.days if first < day.calendar_date <= last]


def read_trace(home: Home, code: str) -> Trace:
    """Reads one dossier from the current publication, the landing of its loads, and the registry.

    Raises NothingToListError when the publication has no such dossier, duckdb.Error without a publication.
    """
    with open_published(home.current / DATABASE) as connection:
        found = fetch(connection, _FACT, code)
        if not found:
            raise NothingToListError(f"bản công bố này không có hồ sơ {code!r}")
        (fact,) = found
        events = read_events(connection, home, [code])
        days = _read_days(connection, fact)
        receipt = _place_receipt(fact, days, _policy(connection, home, "receipt_cutoff", fact["received_at"]))
        return Trace(
            fact=fact,
            log_row=read_log_row(connection, home, code, fact["load_seq"]),
            events=tuple(events),
            procedure=_read_procedure(connection, home, fact),
            receipt=receipt,
            pauses=tuple(Pause(**row) for row in fetch(connection, _PAUSES, code)),
            days=tuple(days),
            labels=read_labels(connection),
        )


def _read_days(connection: duckdb.DuckDBPyConnection, fact: dict[str, Any]) -> list[Day]:
    if fact["received_at"] is None:
        return []
    ends = [fact["due_original_date"], fact["due_adjusted_date"], fact["finished_at"], fact["as_of_date"]]
    last = max(end.date() if isinstance(end, datetime) else end for end in ends if end is not None)
    return [Day(**row) for row in fetch(connection, _DAYS, fact["received_at"], last)]


def _place_receipt(fact: dict[str, Any], days: Sequence[Day], cutoff: str | None) -> Receipt | None:
    if not days or days[0].calendar_date != fact["received_at"].date():
        return None
    first = days[0]
    is_late = first.is_working_day and cutoff is not None and f"{fact['received_at']:%H:%M:%S}" > f"{cutoff}:00"
    if not is_late:
        return Receipt(first.calendar_date, False, not first.is_working_day, cutoff)
    following = next((day.calendar_date for day in days[1:] if day.is_working_day), None)
    return Receipt(following, True, False, cutoff) if following else None


def _read_procedure(connection: duckdb.DuckDBPyConnection, home: Home, fact: dict[str, Any]) -> dict[str, Any] | None:
    found = fetch(connection, _PROCEDURE, fact["procedure_code"], fact["received_at"], fact["received_at"])
    if not found:
        return None
    registry = _registry_table(home, "procedures")
    basis = (
        fetch(
            connection,
            "SELECT basis FROM read_parquet(?) WHERE procedure_code = ? AND valid_from = ?",
            str(registry),
            fact["procedure_code"],
            found[0]["valid_from"],
        )
        if registry
        else []
    )
    return {**found[0], "basis": basis[0]["basis"] if basis else None}


def _policy(connection: duckdb.DuckDBPyConnection, home: Home, parameter: str, moment: datetime | None) -> str | None:
    """Returns a parameter as valid on the day of a moment; None without the registry of the last night."""
    registry = _registry_table(home, "policy_parameters")
    if registry is None or moment is None:
        return None
    found = fetch(connection, _PARAMETER, str(registry), parameter, moment, moment)
    return found[0]["value"] if found else None


def _registry_table(home: Home, name: str) -> Path | None:
    path = home.inputs / "registry" / f"{name}.parquet"
    return path if path.exists() else None


_FACT = """
SELECT d.*, coalesce(r.agency_name, d.resolving_agency_id) AS resolving_agency,
    coalesce(i.agency_name, d.receiving_agency_id) AS receiving_agency,
    coalesce(o.agency_name, d.returning_agency_id) AS returning_agency
FROM core.fct_dossier AS d
LEFT JOIN core.agency AS r ON d.resolving_agency_id = r.agency_id
LEFT JOIN core.agency AS i ON d.receiving_agency_id = i.agency_id
LEFT JOIN core.agency AS o ON d.returning_agency_id = o.agency_id
WHERE d.dossier_code = ?
"""

_PAUSES = """
SELECT started_at, ended_at, kind, n_days, n_minutes, is_open, is_lawful FROM core.fct_dossier_pause
WHERE dossier_code = ? ORDER BY pause_no
"""

_DAYS = """
SELECT calendar_date, is_working_day, working_day_index AS number, holiday_name FROM core.dim_date
WHERE calendar_date BETWEEN CAST(? AS DATE) AND ? ORDER BY calendar_date
"""

_PROCEDURE = """
SELECT procedure_name, valid_from, valid_to, deadline_length, deadline_unit FROM core.dim_procedure
WHERE procedure_code = ? AND valid_from <= CAST(? AS DATE) AND coalesce(valid_to, DATE '9999-12-31') > CAST(? AS DATE)
"""

_PARAMETER = """
SELECT value FROM read_parquet(?) WHERE parameter = ?
    AND valid_from <= CAST(? AS DATE) AND coalesce(valid_to, DATE '9999-12-31') > CAST(? AS DATE)
"""
