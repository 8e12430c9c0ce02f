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
from functools import cached_property
from typing import Any

CUTOFF = time(15, 0)
MOVES_FROM = date(2017, 1, 1)
STOPS = {"supplement_notice": "supplement", "tax_notice": "tax", "pause": "other"}
RESUMES = {"supplement_received": "supplement", "tax_paid": "tax", "resume": "other"}
ENDS = ("withdrawn", "refusal_notice", "finished")
IN_HAND = {*STOPS, *RESUMES, "transferred", "apology_reschedule_notice", "reopened"}
PAUSED_STATUSES = {"supplement_requested", "awaiting_payment"}
DAY = timedelta(days=1)

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Pause:
    """A stop and its resume; `resume` is None while open."""

    stop: date
    resume: date | None

    def counts(self, day: date) -> bool:
        """Returns whether the clock did not count `day`: the day after the stop up to the day of the resume."""
        return self.stop < day and (self.resume is None or day <= self.resume)

    def covers(self, day: date) -> bool:
        """Returns whether the clock stood still at the end of `day`."""
        return self.stop <= day and (self.resume is None or day < self.resume)


@dataclass(frozen=True)
class Dossier:
    """One dossier of a log with its events, its deadline (None when unknown) and the days its clock counts."""

    row: Mapping[str, Any]
    events: Sequence[Event]
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

    @cached_property
    def received(self) -> date:
        """Day of receipt; after the cut-off of a working day, the next working day."""
        moment: datetime = self.row["received_at"]
        day = moment.date()
        if not self.worked(day) or moment.time() <= CUTOFF:
            return day
        return self._next_worked(day + DAY)

    def _next_worked(self, day: date) -> date:
        while not self.worked(day):
            day += DAY
        return day

    def _moments(self, *kinds: str) -> list[datetime]:
        return [moment for moment in self._all_moments(*kinds) if moment.date() <= self.as_of]

    def _all_moments(self, *kinds: str) -> list[datetime]:
        return sorted(event["occurred_at"] for event in self.events if event["event_type"] in kinds)

    @cached_property
    def ending(self) -> tuple[str | None, datetime | None]:
        """How and when it ended, as known on as_of; without a moment where that is not known."""
        logged, how = self.row["finished_at"], self.row["status"]
        # The last that is known; else the first to come, which has not happened yet.
        withdrawn, refused, finished = (self._moments(kind)[-1:] or self._all_moments(kind)[:1] for kind in ENDS)
        if how in ("finished", "returned"):
            reason, at = "finished", [*([logged] if logged else []), *finished]
        elif how == "withdrawn":
            reason, at = "withdrawn", [*withdrawn, *([logged] if logged else []), *finished]
        elif how == "stopped":
            reason = "refused" if self._moments("refusal_notice") else "stopped"
            at = [*([logged] if logged else []), *refused, *finished]
        else:
            return None, None
        reopened = self._moments("reopened")[-1:]
        if at and reopened and at[0] < reopened[0]:
            return self._end_between(reopened[0], None)
        if at and at[0].date() > self.as_of:
            return None, None
        return reason, at[0] if at else None

    def _end_between(self, after: datetime | None, before: datetime | None) -> tuple[str | None, datetime | None]:
        found: dict[str, datetime] = {}
        for kind in ENDS:
            for moment in self._moments(kind):
                if (after is None or after <= moment) and (before is None or moment <= before):
                    found.setdefault(kind, moment)
        if "withdrawn" in found:
            return "withdrawn", found["withdrawn"]
        if "refusal_notice" in found:
            return "refused", found.get("finished", found["refusal_notice"])
        return ("finished", found["finished"]) if found else (None, None)

    @property
    def is_undated(self) -> bool:
        """Ended on an unknown day."""
        return self.ending[0] is not None and self.ending[1] is None

    @cached_property
    def returned(self) -> datetime | None:
        """When the result was handed over, as known on as_of."""
        returned: datetime | None = self.row.get("returned_at")
        return returned if returned and returned.date() <= self.as_of else None

    @cached_property
    def clock_end(self) -> date | None:
        """Day on which the clock stopped for good: the end or, where it is unknown, the last day in hand."""
        if not self.is_undated:
            return self.ending[1].date() if self.ending[1] else None
        last = self.returned.date() if self.returned else self.as_of
        seen = [moment.date() for moment in self._moments(*IN_HAND) if moment.date() <= last]
        return max([self.row["received_at"].date(), *seen])

    @cached_property
    def is_invalid(self) -> bool:
        """Ended, or was handed over, before it was received; within a day if both moments carry a time of day."""
        end = self.ending[1] or (self.returned if self.is_undated else None)
        if end is None:
            return False
        start: datetime = self.row["received_at"]
        if end.date() != start.date():
            return end < start
        return end < start and time() not in (end.time(), start.time())

    @cached_property
    def pauses(self) -> list[Pause]:
        """Stops with their resumes, and the times from an end to a reopening, none longer than the clock ran."""
        known = [event for event in self.events if event["occurred_at"].date() <= self.as_of]
        found = pair(known, is_stopped=self.row["status"] in PAUSED_STATUSES)
        before: datetime | None = None
        for reopened in self._moments("reopened"):
            end = self._end_between(before, reopened)[1]
            logged: datetime | None = self.row["finished_at"]
            if end is None and logged and (before is None or before <= logged) and logged <= reopened:
                end = logged
            if end:
                found.append(Pause(end.date(), reopened.date()))
            before = reopened
        last = self.clock_end
        if last is None:
            return found
        return [Pause(p.stop, min(p.resume or last, last)) for p in found if p.stop <= last]

    def net(self, until: date) -> int:
        """Counted days after receipt up to `until` (or the end) that no pause covers."""
        last = min(until, self.clock_end or until)
        days = [self.received + DAY * n for n in range(1, max(0, (last - self.received).days) + 1)]
        return sum(self.counted(day) and not any(pause.counts(day) for pause in self.pauses) for day in days)

    @cached_property
    def walk(self) -> tuple[date | None, date | None]:
        """The due day as it stood at the end, or when it passed, and the first day past it on which it was in hand.

        Every day after receipt either leaves the clock standing, which puts the due day off, or is one more of the
        limit. A calendar-day limit whose last day is a day off lasts until the next working day. A dossier that is
        resumed has at least that day.
        """
        if self.length is None:
            return None, None
        paused, due = 0, self._limit(0)
        last = self.clock_end or self.as_of
        for day in (self.received + DAY * n for n in range(1, max(0, (last - self.received).days) + 1)):
            if any(pause.counts(day) for pause in self.pauses):
                paused += self.counted(day)
                due = max(self._limit(paused), day if self.counted(day) else due)
            elif self.counted(day) and day > due:
                return due, day
        return due, None

    def _limit(self, paused: int) -> date:
        assert self.length is not None
        day, left = self.received, self.length + paused
        while left:
            day += DAY
            left -= self.counted(day)
        is_moved = not self.is_working_days and self.row["received_at"].date() >= MOVES_FROM
        return self._next_worked(day) if is_moved else day

    @property
    def overdue_from(self) -> date | None:
        """First day on which it was overdue."""
        return None if self.is_invalid else self.walk[1]

    def due_day(self) -> date | None:
        """The due day; None while the clock is stopped by a pause that began in time."""
        if self.is_invalid:
            return self._limit(0) if self.length is not None else None
        is_open_pause = self.ending[0] is None and any(pause.resume is None for pause in self.pauses)
        return None if is_open_pause and self.overdue_from is None else self.walk[0]

    def is_paused(self, on: date) -> bool:
        """Stopped at the end of the day, while open."""
        is_stopped = any(pause.covers(on) for pause in self.pauses)
        return is_stopped or (on == self.as_of and self.row["status"] in PAUSED_STATUSES)

    @property
    def counted_end(self) -> date | None:
        """Day on which it leaves the stock."""
        if self.ending[0] is None:
            return None
        if self.is_invalid:
            return self.row["received_at"].date()
        if not self.is_undated:
            return self.clock_end
        return self.returned.date() if self.returned else self.clock_end

    def is_open(self, on: date) -> bool:
        """Received and not ended at the end of the day; impossible dates are never in the stock."""
        return self.row["received_at"].date() <= on and (self.counted_end is None or on < self.counted_end)

    def is_overdue(self, on: date) -> bool:
        """Opens past its limit at the end of the day."""
        return self.is_open(on) and self.overdue_from is not None and self.overdue_from <= on

    def status(self) -> str:
        """deadline_status on as_of."""
        if self.is_invalid:
            return "invalid_dates"
        is_late = self.overdue_from is not None
        if self.length is None or (self.is_undated and not is_late):
            return "not_recomputable"
        if self.ending[0] is None:
            return "open_overdue" if is_late else "open_within"
        if self.ending[0] in ("withdrawn", "stopped"):
            return "withdrawn"
        if is_late:
            return "late"
        due = self.walk[0]
        assert due is not None
        assert self.clock_end is not None
        left = [self.received + DAY * n for n in range(1, (due - self.received).days + 1)]
        return "early" if any(day > self.clock_end and self.counted(day) for day in left) else "on_time"

    def cohort_day(self) -> tuple[date, bool] | None:
        """Day on which the dossier was due, and whether on time; None outside the cohort."""
        status, due = self.status(), self.due_day()
        after_due = due and any(self.counted(due + DAY * n) for n in range(1, (self.as_of - due).days + 1))
        if not after_due or status in ("invalid_dates", "not_recomputable"):
            return None
        assert due is not None
        if status in ("withdrawn", "open_within") and self.overdue_from is None:
            return None
        return due, status in ("early", "on_time")


def pair(events: Sequence[Event], *, is_stopped: bool) -> list[Pause]:
    """Pauses of one dossier from its events: per kind, the first stop until the next resume.

    A last stop whose only possible resume is right before it is dropped, unless the dossier `is_stopped`.
    """
    pauses: list[Pause] = []
    for kind in ("supplement", "tax", "other"):
        stop: date | None = None
        is_stray = is_droppable = False
        for event in sorted(events, key=lambda event: event["occurred_at"]):
            day = event["occurred_at"].date()
            if STOPS.get(event["event_type"]) == kind:
                is_droppable = stop is None and is_stray
                is_stray = False
                stop = stop or day
            elif RESUMES.get(event["event_type"]) == kind:
                is_stray = stop is None
                if stop is not None:
                    pauses.append(Pause(stop, day))
                stop = None
        if stop is not None and (is_stopped or not is_droppable):
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
    ended, kind = dossier.counted_end, dossier.ending[0]
    if ended is not None and start <= ended <= end:
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
