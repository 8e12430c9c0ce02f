"""METHODS 4.1 to 4.4 by walking the calendar day by day: slow, without indexes or islands, to hold against the SQL.

Net time on a day is the number of counted days after receipt that no pause covers; every state, also that at the end
of a past month, is read off this walk with what was known on that day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

CUTOFF = time(15, 0)
STOPS = {"supplement_notice": "supplement", "tax_notice": "tax", "pause": "other"}
RESUMES = {"supplement_received": "supplement", "tax_paid": "tax", "resume": "other"}
PAUSED_STATUSES = {"supplement_requested", "awaiting_payment"}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pause:
    """A stop and its resume; `resume` is None while open."""

    stop: date
    resume: date | None

    def counts(self, day: date) -> bool:
        """Whether the clock did not count `day`: the day after the stop up to the day of the resume."""
        return self.stop < day and (self.resume is None or day <= self.resume)


@dataclass(frozen=True)
class Dossier:
    """One dossier of a log with its pauses, its deadline (None when unknown) and the days that its clock counts."""

    row: Mapping[str, Any]
    pauses: Sequence[Pause]
    length: int | None
    is_working_days: bool
    working_days: frozenset[date]
    as_of: date

    def counted(self, day: date) -> bool:
        """Whether the day is one of the deadline's unit."""
        return not self.is_working_days or self.worked(day)

    def worked(self, day: date) -> bool:
        """Whether the day is a working day."""
        return day in self.working_days

    @property
    def received(self) -> date:
        """Day of receipt; after the cut-off of a working day, the next working day."""
        moment: datetime = self.row["received_at"]
        day = moment.date()
        if not self.worked(day) or moment.time() <= CUTOFF:
            return day
        day += DAY
        while not self.worked(day):
            day += DAY
        return day

    @property
    def end(self) -> date | None:
        """Day of the end of processing, None while open on as_of."""
        finished: datetime | None = self.row["finished_at"]
        return finished.date() if finished and finished.date() <= self.as_of else None

    @property
    def is_invalid(self) -> bool:
        """Ended before it was received."""
        return self.end is not None and self.end < self.row["received_at"].date()

    def net(self, until: date) -> int:
        """Counted days after receipt up to `until` (or the end) that no pause covers."""
        last = min(until, self.end or until)
        days = [self.received + DAY * n for n in range(1, max(0, (last - self.received).days) + 1)]
        return sum(self.counted(day) and not any(pause.counts(day) for pause in self.pauses) for day in days)

    def is_paused(self, on: date) -> bool:
        """Stopped at the end of the day, while open."""
        stopped = any(p.stop <= on and (p.resume is None or on < p.resume) for p in self.pauses)
        return stopped or (on == self.as_of and self.row["status"] in PAUSED_STATUSES)

    def is_open(self, on: date) -> bool:
        """Received and not ended at the end of the day; impossible dates are never in the stock."""
        return not self.is_invalid and self.row["received_at"].date() <= on and (self.end is None or on < self.end)

    def is_overdue(self, on: date) -> bool:
        """Open past its limit at the end of the day."""
        return self.is_open(on) and self.length is not None and self.net(on) > self.length

    def due_day(self) -> date | None:
        """The first counted day on which the limit plus all pauses is used up; None while the clock is stopped."""
        if self.length is None or (self.end is None and self.is_paused(self.as_of)):
            return None
        paused = {} if self.is_invalid else self._paused_days(self.end or self.as_of)
        day, left = self.received, self.length + len(paused)
        while left:
            day += DAY
            left -= self.counted(day)
        return day

    def _paused_days(self, until: date) -> set[date]:
        days = [self.received + DAY * n for n in range(1, max(0, (until - self.received).days) + 1)]
        return {day for day in days if self.counted(day) and any(pause.counts(day) for pause in self.pauses)}

    def status(self) -> str:
        """deadline_status on as_of."""
        if self.is_invalid:
            return "invalid_dates"
        if self.length is None:
            return "not_recomputable"
        net = self.net(self.as_of)
        if self.end is None:
            return "open_overdue" if net > self.length else "open_within"
        if self.row["status"] in ("withdrawn", "stopped"):
            return "withdrawn"
        return "early" if net < self.length else "on_time" if net == self.length else "late"

    def cohort_month(self) -> tuple[date, bool] | None:
        """Month of the due cohort and whether on time; None outside the cohort."""
        status, due = self.status(), self.due_day()
        after_due = due and any(self.counted(due + DAY * n) for n in range(1, (self.as_of - due).days + 1))
        if not after_due or status in ("invalid_dates", "not_recomputable"):
            return None
        assert due is not None
        assert self.length is not None
        if status == "withdrawn" and self.net(self.as_of) <= self.length:
            return None
        return due.replace(day=1), status in ("early", "on_time")


def pair(events: Sequence[Mapping[str, Any]]) -> list[Pause]:
    """Pauses of one dossier from its events: per kind, the first stop until the next resume.

    A last stop that only the resume right before it could belong to was resumed before it stopped: dropped.
    """
    pauses: list[Pause] = []
    for kind in ("supplement", "tax", "other"):
        stop: date | None = None
        is_stray = False
        for event in sorted(events, key=lambda event: event["occurred_at"]):
            day = event["occurred_at"].date()
            if STOPS.get(event["event_type"]) == kind:
                is_reversed = is_stray
                is_stray = False
                if stop is None:
                    stop, is_droppable = day, is_reversed
                else:
                    is_droppable = False
            elif RESUMES.get(event["event_type"]) == kind:
                is_stray = stop is None
                if stop is not None:
                    pauses.append(Pause(stop, day))
                stop = None
        if stop is not None and not is_droppable:
            pauses.append(Pause(stop, None))
    return pauses


def month_counts(dossiers: Sequence[Dossier]) -> dict[tuple[date, str], Counter[str]]:
    """Counts of timeliness.on_time_by_agency_month, by (month, agency)."""
    counts: dict[tuple[date, str], Counter[str]] = {}

    def add(month: date, dossier: Dossier, column: str) -> None:
        counts.setdefault((month, dossier.row["resolving_agency_id"]), Counter())[column] += 1

    for dossier in dossiers:
        first = dossier.row["received_at"].date().replace(day=1)
        add(first, dossier, "n_received")
        if dossier.end is not None:
            kind = dossier.row["status"] if dossier.row["status"] in ("withdrawn", "stopped") else "finished"
            month = first if dossier.is_invalid else dossier.end.replace(day=1)
            add(month, dossier, f"n_{kind}")
            if dossier.status() in ("early", "on_time", "late"):
                add(month, dossier, f"n_{dossier.status()}")
        if cohort := dossier.cohort_month():
            add(cohort[0], dossier, "n_due_cohort")
            if cohort[1]:
                add(cohort[0], dossier, "n_due_on_time")
        month = first
        while month <= dossier.as_of:
            following = (month + 31 * DAY).replace(day=1)
            last = min(following - DAY, dossier.as_of)
            if dossier.is_open(last):
                add(month, dossier, "n_open")
                if following <= dossier.as_of:
                    add(following, dossier, "n_carried_over")
                if dossier.is_overdue(last):
                    add(month, dossier, "n_open_overdue")
                if dossier.is_paused(last):
                    add(month, dossier, "n_paused")
            month = following
    return counts
