"""The page shows R1 beside R2 for agencies with a backlog, explains the gap, and shows the age of the stock."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.page.backlog import find_flattered
from reports.page.night import OnTime
from tests.reports.test_summary import Page, page_of


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return page_of(tmp_path_factory.mktemp("backlog"))


def test_the_page_names_agencies_with_r2_above_r1_and_explains_why(page: Page) -> None:
    # 11 x 90 + 99 of 11 x 100 + 107 due; 11 x 90 + 99 of 11 x 90 + 107 completed.
    expected = (
        "Sở Tư pháp: R1 là 90,2% trên 1.207 hồ sơ đến hạn, R2 là 99,3% trên 1.097 hồ sơ đã giải quyết, cao hơn 9,0 "
        "điểm phần trăm; R2 bỏ ngoài 8 hồ sơ quá hạn còn treo."
    )
    assert expected in page.text
    assert page.text.index("Sở Tư pháp: R1") < page.text.index("Sở Xây dựng: R1")
    assert "R2 chỉ nhìn hồ sơ đã giải quyết xong, nên hồ sơ quá hạn còn treo không kéo R2 xuống" in page.text


def test_the_overdue_stock_is_shown_by_age_largest_first(page: Page) -> None:
    assert page.tables["overdue-table"][2:] == [
        ["Toàn tỉnh", "53", "46", "0", "0", "2", "5", "88"],
        ["Sở Xây dựng", "45", "40", "0", "0", "0", "5", "88"],
        ["Sở Tư pháp", "8", "6", "0", "0", "2", "0", "31"],
    ]
    assert "còn 53 hồ sơ quá hạn ở 2 cơ quan; hồ sơ lâu nhất đã quá hạn 88 ngày làm việc." in page.text


def test_agencies_after_the_fifteen_largest_are_summed_in_one_row(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        statement="INSERT INTO timeliness.overdue_ageing SELECT 'X' || i, '6-10', 1, 7 FROM range(16) AS numbered(i)",
    )
    *_, before, last = page.tables["overdue-table"]
    assert (before[0], last) == ("X6", ["3 cơ quan khác", "3", "0", "3", "0", "0", "0", "7"])
    assert page.tables["overdue-table"][2][:2] == ["Toàn tỉnh", "69"]


def test_without_overdue_dossiers_the_page_has_a_sentence(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        statement="DELETE FROM timeliness.overdue_ageing; "
        "UPDATE timeliness.on_time_by_agency_month SET n_open_overdue = 0",
    )
    assert "Đến 31/01/2016 không có hồ sơ quá hạn nào còn treo." in page.text
    assert "Không có cơ quan nào mà hồ sơ quá hạn còn treo làm R2 cao hơn R1" in page.text
    assert "overdue-table" not in page.tables


def on_time(name: str, r1: float | None, r2: float | None, n_overdue: int) -> OnTime:
    return OnTime(name, name, 100, r1, 90, r2, n_overdue, 0, None, None, None)


def test_only_agencies_with_a_backlog_and_a_gap_of_a_point_are_named() -> None:
    agencies = [
        on_time("A", 80.0, 81.0, 1),
        on_time("B", 80.0, 94.1, 15),
        on_time("no stock", 80.0, 94.1, 0),
        on_time("no gap", 80.0, 80.9, 3),
        on_time("below", 80.0, 70.0, 3),
        on_time("nothing due", None, 100.0, 1),
        on_time("nothing done", 0.0, None, 9),
    ]
    assert [agency.agency_name for agency in find_flattered(agencies)] == ["B", "A"]
