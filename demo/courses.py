"""Simulates when each event of a dossier happens: intake, pauses, end, return."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from demo.conduct import Conduct, Habit
from demo.events import AFTER_THE_END, ENDINGS, EVENT_COLUMN, EVENT_TYPES
from demo.habits import pair_again
from demo.office_clock import OfficeClock
from demo.province import Province
from demo.receipts import Receipts
from demo.workdays import DAY, NEVER, Minutes, Workdays

# In working days, beyond every calendar of the simulation: an abandoned dossier is never finished.
_FOREVER = 1200
_ANSWERED_SHARE = 0.97

Count = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Ending(IntEnum):
    """How a dossier ends, when it does."""

    FINISHED = 0
    WITHDRAWN = 1
    REFUSED = 2
    STOPPED = 3


ENDING_SHARES = (0.956, 0.03, 0.01, 0.004)


@dataclass(frozen=True)
class Plan:
    """Working days of each dossier: counting starts at index `start`, `limit` are allowed, `net` are used.

    `habit` is the Habit that its agency shows in it. `predecessor` is the index of the dossier that it re-registers, or
    its own. `given_up` is the moment when it is withdrawn for re-registration, `resolved` the moment when a dossier
    with a limit in hours ends in time; both are NEVER for the others.
    """

    start: Count
    limit: Count
    net: Count
    is_late: Mask
    habit: NDArray[np.int8]
    predecessor: Count
    given_up: Minutes
    is_in_hours: Mask
    resolved: Minutes


@dataclass(frozen=True)
class Course:
    """`times[dossier, event type]`, and `ended`, in minutes (NEVER: does not happen); `ending` as numbered in Ending.

    `due_index` is the working-day index of the adjusted due date, lawful pauses included.
    """

    times: NDArray[np.int32]
    ended: Minutes
    ending: NDArray[np.int8]
    due_index: Count


def plan_courses(
    receipts: Receipts,
    version: NDArray[np.int32],
    province: Province,
    conduct: Conduct,
    official: Workdays,
    clock: OfficeClock,
    habit: NDArray[np.int8],
    rng: np.random.Generator,
) -> Plan:
    """Decides how many working days each dossier takes, by the conduct of the resolving agency."""
    n = len(receipts)
    day = receipts.received // DAY
    # methods §4.1: a receipt after the cut-off of a working day counts for the next working day.
    is_deemed_next = official.is_working[day] & (receipts.received % DAY > province.receipt_cutoff)
    start = official.index[day].astype(np.int64) + is_deemed_next
    length = province.deadline_length[version]
    within_calendar_days = official.index[official.numbers[start - 1] + length] - start
    limit = np.where(province.is_calendar_day[version], within_calendar_days, length).astype(np.int64)
    is_in_hours = province.is_hour[version]
    from_clock, to_clock = clock_limits(receipts, length, province, official, clock)
    limit = np.where(is_in_hours, clock.day_of(to_clock) - start, limit)
    is_stuck = rng.random(n) < conduct.p_stuck[receipts.resolving]
    is_late = is_stuck | (rng.random(n) < conduct.p_late[receipts.resolving])
    in_time = np.where(rng.random(n) < 0.3, limit, (rng.uniform(0.2, 1.0, n) * limit).astype(np.int64))
    net = np.where(is_late, limit + rng.geometric(0.25, n), in_time)
    ends_on_due_day = (habit == Habit.FINISHES_ON_THE_DUE_DAY) | (habit == Habit.PAUSES_ON_THE_DUE_DAY)
    net = np.where(ends_on_due_day & ~is_late, limit, np.where((habit == Habit.FINISHES_AT_ONCE) & ~is_late, 0, net))
    used = from_clock + (rng.uniform(0.4, 1.0, n) * (to_clock - from_clock)).astype(np.int64)
    resolved = np.where(is_in_hours & ~is_late, clock.moments(used, official), NEVER).astype(np.int32)
    predecessor, given_up = pair_again(receipts, version, start + limit, habit, official, rng)
    net = np.where(is_stuck, limit + _FOREVER, net)
    return Plan(start, limit, net, is_late, habit, predecessor, given_up, is_in_hours, resolved)


def clock_limits(
    receipts: Receipts, hours: NDArray[np.integer], province: Province, official: Workdays, clock: OfficeClock
) -> tuple[Count, Count]:
    """Returns the office-clock readings at which each dossier starts, and at which `hours` have passed."""
    day, minute = receipts.received // DAY, receipts.received % DAY
    is_counted_from_next = ~official.is_working[day] | (minute > province.receipt_cutoff)
    end_of_day = official.index[day].astype(np.int64) * clock.minutes
    start = np.where(is_counted_from_next, end_of_day, end_of_day - clock.minutes + clock.worked(minute))
    return start, start + 60 * hours


def run_courses(receipts: Receipts, plan: Plan, official: Workdays, rng: np.random.Generator) -> Course:
    """Turns plans into moments in office hours, in the order in which a one-stop shop works."""
    return _Run(receipts, plan, official, rng).course()


class _Run:
    """Sets the events of all dossiers step by step; `latest` is the moment of each dossier's latest event."""

    def __init__(self, receipts: Receipts, plan: Plan, official: Workdays, rng: np.random.Generator) -> None:
        self.receipts, self.plan, self.official, self.rng = receipts, plan, official, rng
        self.n = len(receipts)
        self.received = receipts.received.astype(np.int64)
        self.times = np.full((self.n, len(EVENT_TYPES)), NEVER, dtype=np.int32)
        self.latest = self.received

    def course(self) -> Course:
        self._intake()
        paused = self._pauses()
        ended, ending, closed_days = self._end(paused)
        due_index = self.plan.start + self.plan.limit + paused + closed_days
        self._apologise(due_index)
        self._hand_over(ended, ending)
        for event_type in set(EVENT_TYPES) - AFTER_THE_END - ENDINGS:
            moment = self.times[:, EVENT_COLUMN[event_type]]
            moment[moment > ended] = NEVER
        return Course(self.times, ended.astype(np.int32), ending, due_index)

    def _put(self, event_type: str, moment: Count, is_met: Mask) -> None:
        moment = np.where(is_met, np.minimum(moment, NEVER), NEVER)
        self.times[:, EVENT_COLUMN[event_type]] = moment
        self.latest = np.where(is_met, np.maximum(self.latest, moment), self.latest)

    def _office_hours(self, working_index: Count, not_before: Count) -> Count:
        minute = self.rng.integers(7 * 60 + 30, 16 * 60 + 45, self.n)
        # The gap keeps two events of one day distinct and in order.
        soonest = not_before + self.rng.integers(5, 20, self.n)
        return np.minimum(np.maximum(self.official.at(working_index, minute), soonest), NEVER)

    def _share(self, share: float) -> Mask:
        return self.rng.random(self.n) < share

    def _intake(self) -> None:
        self._put("received", self.received, np.ones(self.n, dtype=bool))
        self._put("guidance_slip", self.received + 2, self._share(0.1))
        is_linked = self.receipts.resolving != self.receipts.receiving
        self._put("transferred", self.received + self.rng.integers(5, 40, self.n), is_linked | self._share(0.55))

    def _pauses(self) -> Count:
        """Sets pauses for supplements, taxes or other reasons; returns the working days paused."""
        habit = self.plan.habit
        draw = self.rng.random(self.n)
        # A pause must not be among unsent events, and a limit in hours is too short for one.
        can_pause = (habit != Habit.SENDS_NO_EVENTS) & ~self.plan.is_in_hours
        asks_twice = can_pause & (habit == Habit.ASKS_TWICE)
        is_due_day = can_pause & (habit == Habit.PAUSES_ON_THE_DUE_DAY)
        is_supplement = can_pause & (draw < 0.12) | asks_twice
        is_tax = can_pause & ((is_supplement & self._share(0.05)) | (~is_supplement & (draw < 0.16)))
        is_rest = can_pause & ~is_supplement & (draw >= 0.16) & (draw < 0.17) | is_due_day
        asked = (self.rng.random(self.n) * 0.6 * np.minimum(self.plan.net, self.plan.limit)).astype(np.int64)
        stop = self.plan.start + asked
        days = self._pause(("supplement_notice", "supplement_received"), stop, is_supplement, 0.25)
        days += self._pause(("second_supplement_notice", "second_supplement_received"), stop + days, asks_twice, 0.25)
        days += self._pause(("tax_notice", "tax_paid"), stop + days, is_tax, 0.35)
        at = np.where(is_due_day, self.plan.start + self.plan.limit, stop) + days
        return days + self._pause(("pause", "resume"), at, is_rest, 0.35)

    def _pause(self, event_types: tuple[str, str], stop: Count, is_met: Mask, p_answer: float) -> Count:
        is_answered = self._share(_ANSWERED_SHARE)
        days = np.where(is_answered, self.rng.geometric(p_answer, self.n), _FOREVER) * is_met
        self._put(event_types[0], self._office_hours(stop, self.latest), is_met)
        self._put(event_types[1], self._office_hours(stop + days, self.latest), is_met)
        return days

    def _end(self, paused: Count) -> tuple[Count, NDArray[np.int8], Count]:
        """Returns moments and kinds of the ends, and the working days between a first end and a reopening."""
        plan = self.plan
        ending = self.rng.choice(len(Ending), self.n, p=ENDING_SHARES).astype(np.int8)
        is_given_up_again = plan.given_up < NEVER
        ending[is_given_up_again] = Ending.WITHDRAWN
        resolved = self._office_hours(plan.start + plan.net + paused, self.latest)
        resolved = np.where(plan.resolved < NEVER, np.maximum(plan.resolved, self.latest + 1), resolved)
        is_soon = self._share(0.9)
        patience = np.where(is_soon, self.rng.random(self.n), 1.0) * plan.limit
        patience = patience.astype(np.int64) + ~is_soon * self.rng.integers(1, 6, self.n)
        given_up = self._office_hours(plan.start + patience, self.received)
        is_given_up = (ending == Ending.WITHDRAWN) | (ending == Ending.STOPPED)
        ended = np.where(is_given_up & ~plan.is_in_hours, np.minimum(resolved, given_up), resolved)
        ended = np.where(is_given_up_again, plan.given_up, ended)
        is_reopened = (ending == Ending.FINISHED) & (plan.habit == Habit.REOPENS) & (ended < NEVER)
        ended, closed_days = self._reopen(ended, is_reopened)
        self._put("withdrawn", ended, ending == Ending.WITHDRAWN)
        self._put("refusal_notice", ended, ending == Ending.REFUSED)
        self._put("finished", ended, (ending == Ending.FINISHED) | (ending == Ending.REFUSED))
        return ended, ending, closed_days

    def _reopen(self, ended: Count, is_met: Mask) -> tuple[Count, Count]:
        """Reopens finished dossiers after some days; returns the second ends and the working days in between."""
        first = self.official.index[np.minimum(ended // DAY, len(self.official.index) - 1)].astype(np.int64)
        closed_days = self.rng.integers(1, 6, self.n) * is_met
        reopened = self._office_hours(first + closed_days, ended)
        again = self._office_hours(first + closed_days + self.rng.integers(1, 5, self.n), reopened)
        self._put("finished_before_reopening", ended, is_met)
        self._put("reopened", reopened, is_met)
        return np.where(is_met, again, ended), closed_days

    def _apologise(self, due_index: Count) -> None:
        # Most apologies precede the due date, as required; the others are findings (domain §5.6).
        is_always_after = self.plan.habit == Habit.APOLOGISES_AFTERWARDS
        day = due_index + np.where(is_always_after, 1, np.where(self._share(0.75), -1, 2))
        is_sent = self.plan.is_late & (self._share(0.6) | is_always_after)
        self._put("apology_reschedule_notice", self._office_hours(day, self.received), is_sent)

    def _hand_over(self, ended: Count, ending: NDArray[np.int8]) -> None:
        is_ready = (ending == Ending.FINISHED) & (ended < NEVER)
        is_early = self.plan.net <= self.plan.limit - 2
        invited = ended + self.rng.integers(2, 5, self.n)
        self._put("early_result_invitation", invited, is_ready & is_early & self._share(0.6))
        last_day = len(self.official.index) - 1
        day = self.official.index[np.minimum(ended // DAY, last_day)] + self.rng.geometric(0.5, self.n) - 1
        self._put("returned", self._office_hours(day, ended), is_ready & self._share(0.99))
