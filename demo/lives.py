"""The complete histories of dossiers, and their state in an export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from demo.conduct import Conduct, Habit
from demo.courses import Course, Ending, clock_limits, plan_courses, run_courses
from demo.events import EVENT_COLUMN
from demo.office_clock import OfficeClock
from demo.province import Province
from demo.receipts import Receipts
from demo.workdays import CLOSING, DAY, NEVER, Minutes, Workdays

STATUS_LABELS = (
    "Được tiếp nhận",
    "Đang xử lý",
    "Yêu cầu bổ sung",
    "Chờ nghĩa vụ tài chính",
    "Công dân rút hồ sơ",
    "Dừng xử lý",
    "Đã xử lý xong",
    "Đã trả kết quả",
)
CHANNEL_LABELS = ("Trực tiếp", "Trực tuyến", "Bưu chính công ích")
E_FILE_LABELS = ("Không", "Có", None)


class Mark(IntEnum):
    """Why a row is not a real dossier."""

    REAL = 0
    TEST_PERSON = 1
    TEST_WORD = 2
    DELETED = 3


@dataclass(frozen=True)
class Calendars:
    """The calendars behind deadlines: official working days, those of the software, and office hours."""

    official: Workdays
    naive: Workdays
    clock: OfficeClock


@dataclass(frozen=True)
class Lives:
    """Dossiers with everything that ever happens to them, including after the last export.

    Agencies and procedure versions are numbered as in Province, moments are in minutes; `channel`, `e_file` are indexes
    in the label lists above; `new_due` is the date that an apology names; `entered` is the day in the code of a dossier
    that was entered late (NEVER: the code has no day); `mark` is numbered as in Mark, `habit` as in Habit.
    """

    receipts: Receipts
    returning: NDArray[np.int16]
    version: NDArray[np.int32]
    channel: NDArray[np.int8]
    e_file: NDArray[np.int64]
    person: NDArray[np.int64]
    submitted: Minutes
    due: Minutes
    new_due: Minutes
    entered: Minutes
    course: Course
    mark: NDArray[np.int8]
    habit: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.receipts)

    def time_of(self, event_type: str) -> Minutes:
        """Returns per dossier the moment of the event of this type."""
        return self.course.times[:, EVENT_COLUMN[event_type]]

    @property
    def has_events(self) -> NDArray[np.bool_]:
        """Per dossier: the software exports its events, because it is real and its agency sends them."""
        return (self.mark == Mark.REAL) & (self.habit != Habit.SENDS_NO_EVENTS)

    @property
    def closed(self) -> Minutes:
        """The moment after which no export lists the row: return of the result, or an end without one."""
        closed = np.where(self.course.ending == Ending.FINISHED, self.time_of("returned"), self.course.ended)
        return np.where(self.mark == Mark.REAL, closed, self.receipts.received)

    def ended_by(self, moment: int) -> Minutes:
        """Returns the end of processing as known at `moment`: the first end until the dossier is reopened."""
        is_at_rest = (self.time_of("finished_before_reopening") <= moment) & (self.time_of("reopened") > moment)
        return np.where(is_at_rest, self.time_of("finished_before_reopening"), self.course.ended)

    def marked(
        self, tests: int, deleted: NDArray[np.int64], can_be_test: NDArray[np.bool_], rng: np.random.Generator
    ) -> Lives:
        """Returns the same lives with `tests` test rows (both kinds in turn) and deleted rows at `deleted`."""
        mark = np.zeros(len(self), dtype=np.int8)
        mark[deleted] = Mark.DELETED
        chosen = rng.choice(np.flatnonzero((mark == Mark.REAL) & can_be_test), tests, replace=False)
        mark[chosen] = np.where(np.arange(tests) % 2, Mark.TEST_WORD, Mark.TEST_PERSON)
        return replace(self, mark=mark)

    def status_on(self, moment: int) -> NDArray[np.int64]:
        """Returns per dossier the index in STATUS_LABELS of its state in an export of this moment."""

        def is_between(stop_type: str, resume_type: str) -> NDArray[np.bool_]:
            return (self.time_of(stop_type) <= moment) & (self.time_of(resume_type) > moment)

        has_ended, ending = self.ended_by(moment) <= moment, self.course.ending
        is_taken_up = (self.time_of("transferred") <= moment) | (self.receipts.received < moment - DAY)
        return np.select(
            [
                has_ended & (ending == Ending.WITHDRAWN),
                has_ended & (ending != Ending.FINISHED),
                has_ended & (self.time_of("returned") <= moment),
                has_ended,
                is_between("supplement_notice", "supplement_received"),
                is_between("tax_notice", "tax_paid"),
                is_taken_up,
            ],
            [4, 5, 7, 6, 2, 3, 1],
            default=0,
        )


def draw_lives(
    receipts: Receipts,
    province: Province,
    conduct: Conduct,
    calendars: Calendars,
    habit: NDArray[np.int8],
    people: int,
    rng: np.random.Generator,
) -> Lives:
    """Draws the history of every receipt; applicants are drawn from `people` persons, so that many apply again."""
    n, official = len(receipts), calendars.official
    version = _draw_versions(receipts, province, official, rng)
    plan = plan_courses(receipts, version, province, conduct, official, calendars.clock, habit, rng)
    course = run_courses(receipts, plan, official, rng)
    level, draw = province.online_level[version], rng.random(n)
    p_online = np.select([level >= 4, level == 3], [0.35, 0.15], 0.0)
    channel = np.select([draw < p_online, draw < p_online + 0.04], [1, 2], 0)
    lead = np.choose(channel, [rng.integers(0, 10, n), rng.integers(5, 1500, n), rng.integers(DAY, 4 * DAY, n)])
    returning = np.where(rng.random(n) < 0.02, receipts.resolving, receipts.receiving)
    return Lives(
        receipts=receipts,
        returning=returning.astype(np.int16),
        version=version,
        channel=channel.astype(np.int8),
        e_file=np.where(channel == 1, 1, rng.choice(3, n, p=(0.55, 0.35, 0.1))),
        person=rng.integers(0, people, n)[plan.predecessor],
        submitted=(receipts.received - lead).astype(np.int32),
        due=_print_due(receipts, version, province, calendars, habit, rng),
        new_due=official.at(course.due_index + rng.integers(4, 11, n), CLOSING),
        entered=_enter(receipts, conduct, habit, official, rng),
        course=course,
        mark=np.zeros(n, dtype=np.int8),
        habit=habit,
    )


def _draw_versions(
    receipts: Receipts, province: Province, official: Workdays, rng: np.random.Generator
) -> NDArray[np.int32]:
    sizes = np.array([len(codes) for codes in province.catalogue])
    starts = np.cumsum(sizes) - sizes
    # Squaring makes the first procedures of an agency the most common ones.
    pick = (rng.random(len(receipts)) ** 2 * sizes[receipts.resolving]).astype(np.int32)
    code = np.concatenate(province.catalogue)[starts[receipts.resolving] + pick]
    return province.version_on[code, receipts.received // DAY - official.day(date(province.year, 1, 1))]


def _print_due(
    receipts: Receipts,
    version: NDArray[np.int32],
    province: Province,
    calendars: Calendars,
    habit: NDArray[np.int8],
    rng: np.random.Generator,
) -> Minutes:
    """Returns the due date on the receipt: mostly by a calendar without holidays, sometimes corrected by hand."""
    official, naive, clock = calendars.official, calendars.naive, calendars.clock
    day = receipts.received // DAY
    length = province.deadline_length[version]
    added = np.where(habit == Habit.PRINTS_A_LATER_DATE, rng.integers(3, 8, len(receipts)), 0)
    by_software = naive.at(naive.index[day] + length + added, CLOSING)
    by_hand = official.at(official.index[day] + length, CLOSING)
    printed = np.where((rng.random(len(receipts)) < 0.08) & (added == 0), by_hand, by_software)
    printed = np.where(province.is_calendar_day[version], (day + length) * DAY + CLOSING, printed)
    in_hours = clock.moments(clock_limits(receipts, length, province, official, clock)[1], official)
    return np.where(province.is_hour[version], in_hours, printed).astype(np.int32)


def _enter(
    receipts: Receipts, conduct: Conduct, habit: NDArray[np.int8], official: Workdays, rng: np.random.Generator
) -> Minutes:
    """Returns the day in the dossier code: one agency's codes have one, earlier than a receipt entered late."""
    is_entering = conduct.habit[receipts.receiving] == Habit.ENTERS_LATE
    first = official.day(date(official.origin.year + 1, 1, 1)) * DAY
    earlier = receipts.received - DAY * rng.integers(1, 6, len(receipts))
    entered = np.where(habit == Habit.ENTERS_LATE, np.maximum(earlier, first), receipts.received)
    return np.where(is_entering, entered, NEVER).astype(np.int32)
