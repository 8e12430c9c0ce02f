"""Timeliness (methods §4.1 to §4.4) computed day by day, to compare with the SQL.

It is slow, without indexes or islands.
Net time on a day is the number of counted days after receipt that no pause covers; every state, also that at the end of
a past month, is computed from the facts known on that day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
        """Returns whether the clock did not count `day`: the day after the stop up to the day of the resume."""
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
        """Returns whether the day is one of the deadline's unit."""
        return not self.is_working_days or self.worked(day)

    def worked(self, day: date) -> bool:
        """Returns whether the day is a working day."""
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
        """Opens past its limit at the end of the day."""
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

    def cohort_day(self) -> tuple[date, bool] | None:
        """Day on which the dossier was due, and whether on time; None outside the cohort."""
        status, due = self.status(), self.due_day()
        after_due = due and any(self.counted(due + DAY * n) for n in range(1, (self.as_of - due).days + 1))
        if not after_due or status in ("invalid_dates", "not_recomputable"):
            return None
        assert due is not None
        assert self.length is not None
        if status == "withdrawn" and self.net(self.as_of) <= self.length:
            return None
        return due, status in ("early", "on_time")


def pair(events: Sequence[Mapping[str, Any]]) -> list[Pause]:
    """Pauses of one dossier from its events: per kind, the first stop until the next resume.

    A last stop whose only possible resume is right before it is dropped.
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


def months_until(first: date, as_of: date) -> dict[str, tuple[date, date]]:
    """Returns the months from the one of `first` to the one of `as_of`, by their key, with their first and last day."""
    months = {}
    start = first.replace(day=1)
    while start <= as_of:
        following = (start + 31 * DAY).replace(day=1)
        months[f"{start:%Y-%m}"] = (start, min(following - DAY, as_of))
        start = following
    return months


def period_counts(
    dossiers: Sequence[Dossier], periods: Mapping[str, tuple[date, date]]
) -> dict[tuple[str, str], Counter[str]]:
    """Counts of the periods, given by key with their first and last day, by (key, agency)."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for key, (start, end) in periods.items():
        for dossier in dossiers:
            if names := list(_counted_as(dossier, start, end)):
                counts.setdefault((key, dossier.row["resolving_agency_id"]), Counter()).update(names)
    return counts


def _counted_as(dossier: Dossier, start: date, end: date) -> Iterator[str]:
    received = dossier.row["received_at"].date()
    if start <= received <= end:
        yield "n_received"
    ended = received if dossier.is_invalid else dossier.end
    if ended is not None and start <= ended <= end:
        kind = dossier.row["status"]
        yield f"n_{kind}" if kind in ("withdrawn", "stopped") else "n_finished"
        if dossier.status() in ("early", "on_time", "late"):
            yield f"n_{dossier.status()}"
    if (cohort := dossier.cohort_day()) and start <= cohort[0] <= end:
        yield "n_due_cohort"
        if cohort[1]:
            yield "n_due_on_time"
    if dossier.is_open(start - DAY):
        yield "n_carried_over"
    if dossier.is_open(end):
        yield "n_open"
        if dossier.is_overdue(end):
            yield "n_open_overdue"
        if dossier.is_paused(end):
            yield "n_paused"
