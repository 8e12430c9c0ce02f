"""Each habit of the simulated province shows in its agency's dossiers, and rarely elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pytest

from demo import write_demo
from demo.conduct import Habit
from demo.scene import set_scene
from ingest.vietnamese.text import normalise_name
from tests.demo.test_year import working_days
from tests.support.deliveries import BEFORE, REGISTRY, Log, agencies_by_alias, moment, read_log, read_registry

DOSSIERS = 6000
GIVEN_UP = {"Công dân rút hồ sơ", "Dừng xử lý"}


class LoggedDossier(NamedTuple):
    """A dossier with a limit in working days, with the dates of the file; indexes count working days."""

    code: str
    row: dict[str, str]
    events: dict[str, datetime]
    received: datetime
    limit: int
    start: int

    def day_of(self, days: dict[date, int], kind: str) -> int | None:
        return days[self.events[kind].date()] if kind in self.events else None


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    inbox = tmp_path_factory.mktemp("habits") / "inbox"
    sources = ("dossiers", "dossier_events")
    return read_log(inbox, write_demo(inbox, REGISTRY, DOSSIERS, seed=1, years=(2015,), sources=sources))


@pytest.fixture(scope="module")
def days() -> dict[date, int]:
    """Returns the working-day index of every day."""
    worked, index, count = set(working_days()), dict[date, int](), 0
    for at in range(4 * 365):
        day = date(2014, 1, 1) + timedelta(at)
        count += day in worked
        index[day] = count
    return index


@pytest.fixture(scope="module")
def by_agency(log: Log, days: dict[date, int]) -> dict[str, list[LoggedDossier]]:
    """Returns the dossiers by resolving agency, in the order of receipt."""
    limits = {row["procedure_code"]: row for row in read_registry("procedures") if not row["valid_to"]}
    known, worked, listed = agencies_by_alias(), set(working_days()), defaultdict[str, list[LoggedDossier]](list)
    for code, row in sorted(log.rows.items(), key=lambda pair: moment(pair[1]["Ngày tiếp nhận"])):
        received, rule = moment(row["Ngày tiếp nhận"]), limits[row["Mã TTHC"]]
        is_next = received.date() in worked and (received.hour, received.minute) > (15, 0)
        limit = int(rule["deadline_length"]) if rule["deadline_unit"] == "working_day" else -1
        start = days[received.date()] + is_next
        one = LoggedDossier(code, row, log.events.get(code, {}), received, limit, start)
        listed[known[normalise_name(row["Đơn vị giải quyết"])]].append(one)
    return listed


def holder(habit: Habit) -> str:
    scene = set_scene(REGISTRY, seed=1, year=2015)
    (place,) = (scene.conduct.habit == habit).nonzero()[0].tolist()
    return scene.province.agency_ids[place]


def shares(
    by_agency: dict[str, list[LoggedDossier]],
    habit: Habit,
    of: Callable[[LoggedDossier], bool],
    shows: Callable[[LoggedDossier], bool],
) -> tuple[float, float]:
    """Returns per cent of the dossiers `of` a kind that show a habit: at its agency, and at all others."""
    counted = {True: [0, 0], False: [0, 0]}
    whose = holder(habit)
    for agency, listed in by_agency.items():
        for one in filter(of, listed):
            counted[agency == whose][0] += 1
            counted[agency == whose][1] += shows(one)
    assert counted[True][0] >= 15
    own, others = (100 * shown / cases for cases, shown in (counted[True], counted[False]))
    return own, others


def is_plain(one: LoggedDossier) -> bool:
    """Returns whether the dossier has a limit in working days, is finished and was never paused."""
    paused = {"Yêu cầu bổ sung", "Thông báo thuế", "Tạm dừng", "Mở lại"} & set(one.events)
    return one.limit > 1 and "Kết thúc xử lý" in one.events and not paused


def test_an_agency_finishes_on_the_due_day(by_agency: dict[str, list[LoggedDossier]], days: dict[date, int]) -> None:
    own, others = shares(
        by_agency, Habit.FINISHES_ON_THE_DUE_DAY, is_plain,
        lambda one: one.day_of(days, "Kết thúc xử lý") == one.start + one.limit,
    )  # fmt: skip
    assert own > 70
    assert others < 45


def test_an_agency_pauses_on_the_due_day(by_agency: dict[str, list[LoggedDossier]], days: dict[date, int]) -> None:
    own, others = shares(
        by_agency, Habit.PAUSES_ON_THE_DUE_DAY, lambda one: one.limit > 0 and "Yêu cầu bổ sung" not in one.events,
        lambda one: one.day_of(days, "Tạm dừng") == one.start + one.limit,
    )  # fmt: skip
    assert own > 18
    assert others < 1


def test_an_agency_lets_people_withdraw_and_register_again(by_agency: dict[str, list[LoggedDossier]]) -> None:
    again = dict.fromkeys(by_agency, 0)
    for agency, listed in by_agency.items():
        withdrawn: dict[tuple[str, str], datetime] = {}
        for one in listed:
            key = one.row["Số giấy tờ"], one.row["Mã TTHC"]
            again[agency] += timedelta(0) <= one.received - withdrawn.get(key, datetime.min) <= timedelta(days=3)
            if one.row["Trạng thái"] in GIVEN_UP:
                withdrawn[key] = moment(one.row["Ngày kết thúc xử lý"])
    own = again.pop(holder(Habit.REGISTERS_AGAIN))
    assert own >= 5
    assert sum(again.values()) <= 1


def test_an_agency_finishes_easy_dossiers_at_once(
    by_agency: dict[str, list[LoggedDossier]], days: dict[date, int]
) -> None:
    own, others = shares(
        by_agency, Habit.FINISHES_AT_ONCE, is_plain, lambda one: one.day_of(days, "Kết thúc xử lý") == one.start
    )
    assert own > 40
    assert others < 15


def test_an_agency_prints_due_dates_after_the_legal_ones(
    by_agency: dict[str, list[LoggedDossier]], days: dict[date, int]
) -> None:
    own, others = shares(
        by_agency, Habit.PRINTS_A_LATER_DATE, lambda one: one.limit > 0,
        lambda one: days[moment(one.row["Ngày hẹn trả"]).date()] > one.start + one.limit,
    )  # fmt: skip
    assert own > 45
    assert others < 12


def test_an_agency_enters_receipts_days_after_their_codes(by_agency: dict[str, list[LoggedDossier]]) -> None:
    own, others = shares(
        by_agency, Habit.ENTERS_LATE, lambda one: len(one.code.split("-")[1]) == 6,
        lambda one: one.code.split("-")[1] != f"{one.received:%y%m%d}",
    )  # fmt: skip
    assert 25 < own < 55
    assert others == 0


def test_an_agency_asks_for_supplements_twice(by_agency: dict[str, list[LoggedDossier]]) -> None:
    own, others = shares(
        by_agency, Habit.ASKS_TWICE, lambda one: "Yêu cầu bổ sung" in one.events,
        lambda one: "Yêu cầu bổ sung" + BEFORE in one.events,
    )  # fmt: skip
    assert own > 30
    assert others == 0


def test_an_agency_apologises_after_the_due_date(
    by_agency: dict[str, list[LoggedDossier]], days: dict[date, int]
) -> None:
    whose = holder(Habit.APOLOGISES_AFTERWARDS)
    in_advance = {True: [0, 0], False: [0, 0]}
    for agency, listed in by_agency.items():
        for one in listed:
            if "Xin lỗi và hẹn lại" in one.events and one.limit > 0 and "Yêu cầu bổ sung" not in one.events:
                counted = in_advance[agency == whose]
                counted[0] += 1
                sent = one.day_of(days, "Xin lỗi và hẹn lại")
                counted[1] += sent is not None and sent < one.start + one.limit
    assert in_advance[True][0] >= 3
    assert in_advance[True][1] == 0
    assert in_advance[False][1] > in_advance[False][0] / 2


def test_an_agency_reopens_finished_dossiers(by_agency: dict[str, list[LoggedDossier]]) -> None:
    own, others = shares(
        by_agency, Habit.REOPENS, lambda one: "Kết thúc xử lý" in one.events, lambda one: "Mở lại" in one.events
    )
    assert 6 < own < 20
    assert others == 0


def test_an_agency_stops_sending_its_events(by_agency: dict[str, list[LoggedDossier]]) -> None:
    without = {one.code for listed in by_agency.values() for one in listed if not one.events}
    mine = by_agency[holder(Habit.SENDS_NO_EVENTS)]
    assert without == {one.code for one in mine if one.received >= datetime(2015, 7, 1)}
    assert len(without) > 20


def test_dossiers_with_limits_in_hours_end_within_hours(log: Log) -> None:
    in_hours = {row["procedure_code"] for row in read_registry("procedures") if row["deadline_unit"] == "hour"}
    rows = [row for row in log.rows.values() if row["Mã TTHC"] in in_hours and row["Ngày kết thúc xử lý"]]
    printed = [moment(row["Ngày hẹn trả"]) for row in rows]
    ended = [moment(row["Ngày kết thúc xử lý"]) for row in rows]
    assert len(rows) > 30
    assert len({when.time() for when in printed}) > 20
    assert sum(end <= due for end, due in zip(ended, printed, strict=True)) > 0.85 * len(rows)
    assert any(end.date() == due.date() and end < due for end, due in zip(ended, printed, strict=True))
