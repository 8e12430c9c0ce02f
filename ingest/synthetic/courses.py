"""When each event of a dossier happens: intake, pauses, end, return."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ingest.synthetic.conduct import Conduct
from ingest.synthetic.events import AFTER_THE_END, ENDINGS, EVENT_COLUMN, EVENT_TYPES
from ingest.synthetic.province import Province
from ingest.synthetic.receipts import Receipts
from ingest.synthetic.workdays import DAY, NEVER, Minutes, Workdays

# In working days; beyond every calendar of the simulation, so that what is left lying is never taken up.
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
    """Working days of a dossier: counting starts at index `start`, `limit` are allowed, `net` will be used."""

    start: Count
    limit: Count
    net: Count
    is_late: Mask


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
    rng: np.random.Generator,
) -> Plan:
    """Decide for each dossier how many working days its handling takes, by the conduct of the resolving agency."""
    n = len(receipts)
    day = receipts.received // DAY
    # METHODS 4.1: after the cut-off of a working day the receipt counts for the next one.
    is_deemed_next = official.is_working[day] & (receipts.received % DAY >= province.receipt_cutoff)
    start = official.index[day].astype(np.int64) + is_deemed_next
    length = province.deadline_length[version]
    within_calendar_days = official.index[official.numbers[start - 1] + length] - start
    limit = np.where(province.is_calendar_day[version], within_calendar_days, length).astype(np.int64)
    is_stuck = rng.random(n) < conduct.p_stuck[receipts.resolving]
    is_late = is_stuck | (rng.random(n) < conduct.p_late[receipts.resolving])
    in_time = np.where(rng.random(n) < 0.3, limit, (rng.uniform(0.2, 1.0, n) * limit).astype(np.int64))
    net = np.where(is_late, limit + rng.geometric(0.25, n), in_time)
    return Plan(start, limit, np.where(is_stuck, limit + _FOREVER, net), is_late)


def run_courses(receipts: Receipts, plan: Plan, official: Workdays, rng: np.random.Generator) -> Course:
    """Turn plans into moments in office hours, in the order in which a one-stop works."""
    return _Run(receipts, plan, official, rng).course()


class _Run:
    """The dossiers while their events are being put in; `latest` is the moment of each one's latest event."""

    def __init__(self, receipts: Receipts, plan: Plan, official: Workdays, rng: np.random.Generator) -> None:
        self.receipts, self.plan, self.official, self.rng = receipts, plan, official, rng
        self.n = len(receipts)
        self.received = receipts.received.astype(np.int64)
        self.times = np.full((self.n, len(EVENT_TYPES)), NEVER, dtype=np.int32)
        self.latest = self.received

    def course(self) -> Course:
        self._intake()
        paused = self._pauses()
        due_index = self.plan.start + self.plan.limit + paused
        ended, ending = self._end(paused)
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
        # The gap keeps two events of one day in order and apart.
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
        """Ask for supplements, taxes or a rest; returns the working days paused."""
        draw = self.rng.random(self.n)
        is_supplement = draw < 0.12
        is_tax = (is_supplement & self._share(0.05)) | (~is_supplement & (draw < 0.16))
        is_rest = ~is_supplement & (draw >= 0.16) & (draw < 0.17)
        asked = (self.rng.random(self.n) * 0.6 * np.minimum(self.plan.net, self.plan.limit)).astype(np.int64)
        stop = self.plan.start + asked
        supplement_days = self._pause(("supplement_notice", "supplement_received"), stop, is_supplement, 0.25)
        stop = stop + supplement_days
        tax_days = self._pause(("tax_notice", "tax_paid"), stop, is_tax, 0.35)
        return supplement_days + tax_days + self._pause(("pause", "resume"), stop, is_rest, 0.35)

    def _pause(self, event_types: tuple[str, str], stop: Count, is_met: Mask, p_answer: float) -> Count:
        is_answered = self._share(_ANSWERED_SHARE)
        days = np.where(is_answered, self.rng.geometric(p_answer, self.n), _FOREVER) * is_met
        self._put(event_types[0], self._office_hours(stop, self.latest), is_met)
        self._put(event_types[1], self._office_hours(stop + days, self.latest), is_met)
        return days

    def _end(self, paused: Count) -> tuple[Count, NDArray[np.int8]]:
        ending = self.rng.choice(len(Ending), self.n, p=ENDING_SHARES).astype(np.int8)
        resolved = self._office_hours(self.plan.start + self.plan.net + paused, self.latest)
        is_soon = self._share(0.9)
        patience = np.where(is_soon, self.rng.random(self.n), 1.0) * self.plan.limit
        patience = patience.astype(np.int64) + ~is_soon * self.rng.integers(1, 6, self.n)
        given_up = self._office_hours(self.plan.start + patience, self.received)
        is_given_up = (ending == Ending.WITHDRAWN) | (ending == Ending.STOPPED)
        ended = np.where(is_given_up, np.minimum(resolved, given_up), resolved)
        self._put("withdrawn", ended, ending == Ending.WITHDRAWN)
        self._put("refusal_notice", ended, ending == Ending.REFUSED)
        self._put("finished", ended, (ending == Ending.FINISHED) | (ending == Ending.REFUSED))
        return ended, ending

    def _apologise(self, due_index: Count) -> None:
        # Most apologies come in advance, as they must; the others are findings (DOMAIN 5.6).
        day = due_index + np.where(self._share(0.75), -1, 2)
        self._put(
            "apology_reschedule_notice", self._office_hours(day, self.received), self.plan.is_late & self._share(0.6)
        )

    def _hand_over(self, ended: Count, ending: NDArray[np.int8]) -> None:
        is_ready = (ending == Ending.FINISHED) & (ended < NEVER)
        is_early = self.plan.net <= self.plan.limit - 2
        invited = ended + self.rng.integers(2, 5, self.n)
        self._put("early_result_invitation", invited, is_ready & is_early & self._share(0.6))
        last_day = len(self.official.index) - 1
        day = self.official.index[np.minimum(ended // DAY, last_day)] + self.rng.geometric(0.5, self.n) - 1
        self._put("returned", self._office_hours(day, ended), is_ready & self._share(0.99))
