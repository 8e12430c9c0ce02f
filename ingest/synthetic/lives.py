"""Whole lives of dossiers, and how far an export has seen them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ingest.synthetic.conduct import Conduct
from ingest.synthetic.courses import Course, Ending, plan_courses, run_courses
from ingest.synthetic.events import EVENT_COLUMN
from ingest.synthetic.province import Province
from ingest.synthetic.receipts import Receipts
from ingest.synthetic.workdays import CLOSING, DAY, Minutes, Workdays

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
    """Why a row is no dossier."""

    REAL = 0
    TEST_PERSON = 1
    TEST_WORD = 2
    DELETED = 3


@dataclass(frozen=True)
class Lives:
    """Dossiers with all that ever happens to them, also after the last export.

    Agencies and procedure versions by their numbers in Province, moments in minutes; `channel`, `e_file` are places in
    the label lists above; `new_due` is the date that an apology names; `mark` as numbered in Mark.
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
    course: Course
    mark: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.receipts)

    def time_of(self, event_type: str) -> Minutes:
        """When the event of this type happens, per dossier."""
        return self.course.times[:, EVENT_COLUMN[event_type]]

    @property
    def closed(self) -> Minutes:
        """When an export shows the row for the last time: the return of the result, or an end without one."""
        closed = np.where(self.course.ending == Ending.FINISHED, self.time_of("returned"), self.course.ended)
        return np.where(self.mark == Mark.REAL, closed, self.receipts.received)

    def marked(
        self, tests: int, deleted: NDArray[np.int64], can_be_test: NDArray[np.bool_], rng: np.random.Generator
    ) -> Lives:
        """The same lives, of which `tests` are test rows (both kinds in turn) and those at `deleted` were deleted."""
        mark = np.zeros(len(self), dtype=np.int8)
        mark[deleted] = Mark.DELETED
        chosen = rng.choice(np.flatnonzero((mark == Mark.REAL) & can_be_test), tests, replace=False)
        mark[chosen] = np.where(np.arange(tests) % 2, Mark.TEST_WORD, Mark.TEST_PERSON)
        return replace(self, mark=mark)

    def status_on(self, moment: int) -> NDArray[np.int64]:
        """Per dossier the place in STATUS_LABELS of the state that an export of this moment shows."""

        def is_between(stop_type: str, resume_type: str) -> NDArray[np.bool_]:
            return (self.time_of(stop_type) <= moment) & (self.time_of(resume_type) > moment)

        has_ended, ending = self.course.ended <= moment, self.course.ending
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
    official: Workdays,
    naive: Workdays,
    people: int,
    rng: np.random.Generator,
) -> Lives:
    """Give every receipt its life; applicants are drawn from `people` persons, so that many apply again."""
    n = len(receipts)
    version = _draw_versions(receipts, province, official, rng)
    plan = plan_courses(receipts, version, province, conduct, official, rng)
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
        person=rng.integers(0, people, n),
        submitted=(receipts.received - lead).astype(np.int32),
        due=_print_due(receipts, version, province, official, naive, rng),
        new_due=official.at(course.due_index + rng.integers(4, 11, n), CLOSING),
        course=course,
        mark=np.zeros(n, dtype=np.int8),
    )


def _draw_versions(
    receipts: Receipts, province: Province, official: Workdays, rng: np.random.Generator
) -> NDArray[np.int32]:
    sizes = np.array([len(codes) for codes in province.catalogue])
    starts = np.cumsum(sizes) - sizes
    # Squared, so that the first procedures of an agency are its most common ones.
    pick = (rng.random(len(receipts)) ** 2 * sizes[receipts.resolving]).astype(np.int32)
    code = np.concatenate(province.catalogue)[starts[receipts.resolving] + pick]
    return province.version_on[code, receipts.received // DAY - official.day(date(province.year, 1, 1))]


def _print_due(
    receipts: Receipts,
    version: NDArray[np.int32],
    province: Province,
    official: Workdays,
    naive: Workdays,
    rng: np.random.Generator,
) -> Minutes:
    """The date on the receipt: mostly by a calendar without holidays, sometimes corrected at the desk."""
    day = receipts.received // DAY
    length = province.deadline_length[version]
    by_software = naive.at(naive.index[day] + length, CLOSING)
    by_hand = official.at(official.index[day] + length, CLOSING)
    printed = np.where(rng.random(len(receipts)) < 0.08, by_hand, by_software)
    return np.where(province.is_calendar_day[version], (day + length) * DAY + CLOSING, printed).astype(np.int32)
