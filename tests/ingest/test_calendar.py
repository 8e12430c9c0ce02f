from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from ingest.registry.calendar import CALENDAR_SCHEMA, CalendarOverride, working_calendar

Day = tuple[bool, str | None, str]


def _days(first: date, last: date, *overrides: CalendarOverride) -> dict[date, Day]:
    table = working_calendar(first, last, overrides)
    assert table.schema == CALENDAR_SCHEMA
    return {row["calendar_date"]: tuple(row.values())[1:] for row in table.to_pylist()}


@pytest.fixture(scope="module")
def days() -> dict[date, Day]:
    return _days(date(2013, 1, 1), date(2026, 12, 31))


def test_every_day_appears_once_and_in_order(days: dict[date, Day]) -> None:
    # 14 years with leap days in 2016, 2020 and 2024.
    assert len(days) == 14 * 365 + 3
    assert list(days) == sorted(days)


@pytest.mark.parametrize("day", ["2014-12-27", "2015-02-14", "2015-04-25", "2024-05-04", "2025-04-26", "2026-08-22"])
def test_make_up_saturdays_are_worked(days: dict[date, Day], day: str) -> None:
    saturday = date.fromisoformat(day)
    assert saturday.isoweekday() == 6
    assert days[saturday][0]


def test_a_make_up_day_of_december_is_known_without_the_next_year_being_asked_for() -> None:
    assert _days(date(2014, 12, 1), date(2014, 12, 31))[date(2014, 12, 27)][0]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2015-01-02", "Ngày nghỉ (thay cho ngày 27/12/2014)"),
        ("2015-02-19", "Tết Nguyên Đán"),
        ("2015-04-28", "Ngày Giỗ Tổ Hùng Vương"),
        ("2015-04-29", "Ngày nghỉ (thay cho ngày 25/04/2015)"),
        ("2015-09-02", "Quốc khánh"),
        ("2025-05-02", "Ngày nghỉ (thay cho ngày 26/04/2025)"),
        ("2026-11-24", "Ngày Văn hóa Việt Nam"),
    ],
)
def test_holidays_are_off_and_have_their_vietnamese_name(days: dict[date, Day], day: str, name: str) -> None:
    assert days[date.fromisoformat(day)][:2] == (False, name)


def test_2015_has_as_many_working_days_as_counted_by_hand(days: dict[date, Day]) -> None:
    # Counted from the weekday of each month's first day, not from any table of holidays in code. 2015 began on a
    # Thursday: 52 weeks and one Thursday, 261 weekdays. Off by the published notices for that year, all on weekdays:
    # 1-2 Jan; 16, 17, 18, 19, 20, 23 Feb; 28, 29, 30 Apr; 1 May; 2 Sep: 13. Worked: Sat 14 Feb and Sat 25 Apr.
    # 261 - 13 + 2 = 250. Weekdays of the months: 22 20 22 22 21 22 23 21 22 22 21 23.
    by_hand = {1: 22 - 2, 2: 20 - 6 + 1, 3: 22, 4: 22 - 3 + 1, 5: 21 - 1, 6: 22, 7: 23, 8: 21, 9: 22 - 1, 10: 22}
    by_hand |= {11: 21, 12: 23}
    counted = Counter(day.month for day, (works, *_) in days.items() if day.year == 2015 and works)
    assert counted == by_hand
    assert sum(counted.values()) == 250


def test_the_working_days_between_two_dates_are_those_of_the_method_page(days: dict[date, Day]) -> None:
    # methods §4.1: received Fri 2025-04-25, five working days with the make-up Saturday end on 2025-05-06.
    between = [day for day in days if date(2025, 4, 25) < day <= date(2025, 5, 6) and days[day][0]]
    assert [day.isoformat()[5:] for day in between] == ["04-26", "04-28", "04-29", "05-05", "05-06"]


def test_an_override_replaces_the_rule_and_names_its_document() -> None:
    off = CalendarOverride(date(2026, 1, 2), False, "Ngày nghỉ", "văn bản 1")
    worked = CalendarOverride(date(2026, 1, 10), True, None, "văn bản 1")
    days = _days(date(2026, 1, 1), date(2026, 1, 31), off, worked)
    assert days[date(2026, 1, 2)] == (False, "Ngày nghỉ", "văn bản 1")
    assert days[date(2026, 1, 10)] == (True, None, "văn bản 1")
    assert days[date(2026, 1, 3)][0] is False
    assert days[date(2026, 1, 5)][2].startswith("holidays ")


def test_a_calendar_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="2015-01-01, before it begins on 2015-01-02"):
        working_calendar(date(2015, 1, 2), date(2015, 1, 1), [])
