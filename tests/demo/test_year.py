from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import NamedTuple

import holidays
import pytest

from demo import write_demo
from ingest.vietnamese.text import normalise_name
from tests.support.deliveries import BEFORE, REGISTRY, Log, agencies_by_alias, moment, read_log, read_registry

DOSSIERS = 6000
AS_OF = datetime(2015, 12, 31, 23, 59)
OPEN = {"Được tiếp nhận", "Đang xử lý", "Yêu cầu bổ sung", "Chờ nghĩa vụ tài chính"}
PAUSES = {"Yêu cầu bổ sung": "Đã bổ sung", "Thông báo thuế": "Đã nộp thuế", "Tạm dừng": "Tiếp tục"}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    inbox = tmp_path_factory.mktemp("demo") / "inbox"
    log = ("dossiers", "dossier_events")
    return read_log(inbox, write_demo(inbox, REGISTRY, DOSSIERS, seed=1, years=(2015,), sources=log))


def share(count: int, total: int) -> float:
    return 100 * count / total


def test_the_year_varies_like_a_real_one(log: Log) -> None:
    known, n = agencies_by_alias(), len(log.rows)
    received = [moment(row["Ngày tiếp nhận"]) for row in log.rows.values()]
    kinds = Counter(kind for events in log.events.values() for kind in events)
    states = Counter(row["Trạng thái"] for row in log.rows.values())
    assert 10 < share(kinds["Yêu cầu bổ sung"], n) < 14
    assert 2 < share(kinds["Thông báo thuế"], n) < 7
    assert 2 < share(states["Công dân rút hồ sơ"], n) < 4
    assert 0.5 < share(kinds["Thông báo từ chối"], n) < 1.6
    assert states["Dừng xử lý"] > kinds["Thông báo từ chối"]
    assert 3.8 < sum(kinds.values()) / n < 4.6
    assert set(states) == OPEN | {"Công dân rút hồ sơ", "Dừng xử lý", "Đã xử lý xong", "Đã trả kết quả"}
    assert len({kind.removesuffix(BEFORE) for kind in kinds}) == 16
    assert 8 < share(sum(when.hour >= 15 for when in received), n) < 18
    assert {date(2015, 2, 14), date(2015, 4, 25)} <= {when.date() for when in received if when.weekday() == 5}
    assert not any(date(2015, 2, 16) <= when.date() <= date(2015, 2, 23) for when in received)
    pairs = [
        (known[normalise_name(row["Đơn vị tiếp nhận"])], known[normalise_name(row["Đơn vị giải quyết"])])
        for row in log.rows.values()
    ]
    assert 3 < share(sum(a != b for a, b in pairs), n) < 10
    assert 20 < share(sum(a.startswith("H5") for a, _ in pairs), n) < 55
    assert len({resolving for _, resolving in pairs}) == 41
    assert "BDT" not in {agency for pair in pairs for agency in pair}
    assert 1.2 < n / len({row["Số giấy tờ"] for row in log.rows.values()}) < 2.5
    assert len({row["Đơn vị giải quyết"] for row in log.rows.values()}) > 100


def working_days() -> list[date]:
    calendar = holidays.country_holidays("VN", years=range(2014, 2018))
    days = (date(2014, 1, 1) + timedelta(at) for at in range(4 * 365))
    return [day for day in days if calendar.is_working_day(day)]


class Judged(NamedTuple):
    """A dossier whose adjusted due date has passed; `margin` as methods §4.3, -1 while it is still open."""

    agency: str
    is_after_cutoff: bool
    margin: int


def judge(log: Log) -> list[Judged]:
    calendar = working_days()
    index = {day: at for at, day in enumerate(calendar, 1)}
    for at in range(4 * 365):
        day_off = date(2014, 1, 1) + timedelta(at)
        index.setdefault(day_off, index.get(day_off - timedelta(days=1), 0))
    worked, procedures = set(calendar), read_registry("procedures")
    known, judged = agencies_by_alias(), list[Judged]()
    # No agency holds a dossier between its end and its reopening.
    pauses = PAUSES | {stop + BEFORE: resume + BEFORE for stop, resume in PAUSES.items()}
    pauses |= {"Kết thúc xử lý" + BEFORE: "Mở lại"}
    for code, row in log.rows.items():
        events, received = log.events.get(code, {}), moment(row["Ngày tiếp nhận"])
        day = received.date().isoformat()
        (rule,) = (
            p
            for p in procedures
            if p["procedure_code"] == row["Mã TTHC"] and p["valid_from"] <= day < (p["valid_to"] or "9999")
        )
        is_paused = any(
            stop in events and events.get(resume, received) < events[stop] for stop, resume in pauses.items()
        )
        if (
            rule["deadline_unit"] != "working_day"
            or is_paused
            or row["Trạng thái"] in {"Dừng xử lý", "Công dân rút hồ sơ"}
        ):
            continue
        is_after_cutoff = received.hour >= 15 and received.date() in worked
        start = index[received.date()] + is_after_cutoff
        paused = sum(
            index[events[resume].date()] - index[events[stop].date()]
            for stop, resume in pauses.items()
            if stop in events and resume in events
        )
        due = start + int(rule["deadline_length"]) + paused
        if due < index[AS_OF.date()]:
            ended = index[moment(row["Ngày kết thúc xử lý"]).date()] if row["Ngày kết thúc xử lý"] else due + 1
            agency = known[normalise_name(row["Đơn vị giải quyết"])]
            judged.append(Judged(agency, is_after_cutoff, due - ended))
    return judged


@pytest.fixture(scope="module")
def judged(log: Log) -> list[Judged]:
    return judge(log)


def on_time_rates(judged: list[Judged]) -> dict[str, float]:
    margins: dict[str, list[int]] = {}
    for dossier in judged:
        margins.setdefault(dossier.agency, []).append(dossier.margin)
    return {agency: share(sum(m >= 0 for m in seen), len(seen)) for agency, seen in margins.items() if len(seen) >= 30}


def test_95_per_cent_are_on_time_and_agencies_differ(judged: list[Judged]) -> None:
    assert len(judged) > DOSSIERS * 0.8
    assert 93 < share(sum(dossier.margin >= 0 for dossier in judged), len(judged)) < 97
    rates = on_time_rates(judged)
    assert min(rates.values()) < 80
    assert max(rates.values()) > 99
    assert sum(80 < rate < 99 for rate in rates.values()) >= 15
    assert not any(agency.startswith("H5") and rate < 88 for agency, rate in rates.items())


def test_a_receipt_after_the_cut_off_uses_the_extra_day(judged: list[Judged]) -> None:
    margins = [dossier.margin for dossier in judged if dossier.is_after_cutoff]
    assert len(margins) > 300
    assert share(margins.count(0), len(margins)) > 20


def test_one_agency_has_many_open_overdue_dossiers(log: Log, judged: list[Judged]) -> None:
    known, rates = agencies_by_alias(), on_time_rates(judged)
    worst = min(rates, key=lambda agency: rates[agency])
    overdue = Counter(
        known[normalise_name(row["Đơn vị giải quyết"])]
        for row in log.rows.values()
        if row["Trạng thái"] == "Đang xử lý" and moment(row["Ngày hẹn trả"]) < AS_OF - timedelta(days=30)
    )
    assert overdue.most_common(1)[0][0] == worst


def test_most_printed_due_dates_ignore_holidays(log: Log) -> None:
    days = set(working_days())
    on_holiday = [
        moment(row["Ngày hẹn trả"]).date()
        for row in log.rows.values()
        if moment(row["Ngày hẹn trả"]).weekday() < 5 and moment(row["Ngày hẹn trả"]).date() not in days
    ]
    assert date(2015, 2, 19) in on_holiday
    assert 1 < share(len(on_holiday), len(log.rows)) < 8
