"""The plan's snapshot and citizen feedback: what their contracts read, and the demo's deliveries of both."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from demo import DemoReport, write_demo
from ingest.contract import load_contracts
from ingest.readers.headers import HeaderError
from ingest.vietnamese.text import normalise_name
from tests.support.deliveries import REGISTRY, agencies_by_alias, read_rows
from tests.support.small_files import candidates_of, conform_file, write_small_registry, write_workbook

PLAN, FEEDBACK = load_contracts()["plan_tasks"], load_contracts()["citizen_feedback"]
PLAN_HEADERS = [
    *("STT", "Mục tiêu", "Nội dung nhiệm vụ", "Chủ đề trọng tâm", "Cơ quan chủ trì", "Cơ quan phối hợp"),
    *("Thời hạn", "Tiến độ (%)", "Trạng thái", "Ghi chú"),
]
TASK = ["Rà soát thủ tục", "Thủ tục hành chính và dịch vụ công", "Sở Tư pháp", "Sở Nội vụ", "30/06/2018"]
SIGNED = ["Khánh Hòa, ngày 05 tháng 04 năm 2016"]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_registry(tmp_path_factory.mktemp("registry"))


@pytest.mark.parametrize(
    ("titles", "name"),
    [
        ([SIGNED, ["TIẾN ĐỘ NHIỆM VỤ", None, "Tháng 03 năm 2016"]], "tien_do_20160301_20160331.xlsx"),
        ([SIGNED, ["TIẾN ĐỘ NHIỆM VỤ THÁNG 3 NĂM 2016"]], "tien_do_20160301_20160331.xlsx"),
        ([SIGNED, ["Từ ngày 01/03/2016 đến ngày 31/03/2016"]], "tien_do.xlsx"),
    ],
    ids=["title cell", "title in capitals", "from and to"],
)
def test_the_month_of_a_snapshot_is_above_the_table(
    tmp_path: Path, registry: Path, titles: list[list[Any]], name: str
) -> None:
    rows: list[list[Any]] = [
        ["Mục tiêu 1: cải cách thủ tục"],
        [1, 1, *TASK, "12,5", "Đang thực hiện", "gặp ông Trần Mô Phỏng"],
        [2, None, *TASK, 100, "Đã hoàn thành", None],
        ["Tổng cộng", None, "2 nhiệm vụ"],
        [None, None, None, None, None, None, "Khánh Hòa, ngày 05 tháng 04 năm 2016"],
        [None, None, None, None, None, None, "GIÁM ĐỐC"],
    ]
    conformed = conform_file(write_workbook(tmp_path / name, [*titles, PLAN_HEADERS, *rows]), PLAN, registry)
    found = candidates_of(conformed)
    assert (conformed.data_until, conformed.ignored_headers) == (date(2016, 3, 31), [])
    assert [(row["month"], row["task_no"], row["objective_no"], row["lead_agency_id"]) for row in found] == [
        (date(2016, 3, 1), 1, 1, "STP"),
        (date(2016, 3, 1), 2, 1, "STP"),
    ]
    assert [(row["progress_pct"], row["status"]) for row in found] == [(Decimal("12.5"), "in_progress"), (100, "done")]
    assert {(row["focus_topic"], row["due_date"]) for row in found} == {("procedures", date(2018, 6, 30))}
    assert "Mô Phỏng" not in str(found)


def test_a_snapshot_without_a_month_is_held_in_words(tmp_path: Path, registry: Path) -> None:
    path = write_workbook(tmp_path / "tien_do_20160301_20160331.xlsx", [SIGNED, PLAN_HEADERS, [1, 1, *TASK, 0]])
    with pytest.raises(HeaderError, match="Tháng báo cáo"):
        conform_file(path, PLAN, registry)


def test_of_a_feedback_nothing_of_the_sender_lands(tmp_path: Path, registry: Path) -> None:
    path = tmp_path / "phan_anh_20160301_20160331.csv"
    path.write_text(
        "Mã phản ánh;Kênh tiếp nhận;Ngày tiếp nhận;Người gửi;Số điện thoại;Địa chỉ;Nội dung;Cơ quan xử lý;"
        "Ngày chuyển;Hạn trả lời;Ngày trả lời;Ngày công khai;Hài lòng\n"
        "PA-007;Đường dây nóng;01/03/2016 09:15;Trần Mô Phỏng An;0900123456;Số 1;Gọi 0900123456;Sở Nội vụ;"
        "02/03/2016;10/03/2016;08/03/2016 16:00;;Có\n",
        encoding="utf-8",
    )
    (row,) = candidates_of(conform_file(path, FEEDBACK, registry))
    assert (row["feedback_id"], row["channel"], row["agency_id"]) == ("PA-007", "hotline", "SNV")
    assert (row["due_date"], row["is_satisfied"], row["published_at"]) == (date(2016, 3, 10), True, None)
    assert not {"Mô Phỏng", "0900123456", "Số 1"} & set(str(row).split("'"))
    assert {"sender_name", "sender_phone", "sender_address", "feedback_text"} & set(row) == set()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    inbox = tmp_path_factory.mktemp("programme")
    return write_demo(inbox, REGISTRY, 400, 1, (2015,), sources=("plan_tasks", "citizen_feedback"))


def test_the_demo_delivers_the_plan_as_it_was_adopted(demo: DemoReport) -> None:
    (file,) = [file for file in demo.files if file.source == "plan_tasks"]
    rows = read_rows(file.path)
    assert [int(row["Mã nhiệm vụ"]) for row in rows] == list(range(1, 54))
    assert len({row["Mục tiêu"] for row in rows}) == 10
    assert len({row["Chủ đề trọng tâm"] for row in rows}) == 3
    assert len({row["Nội dung nhiệm vụ"] for row in rows}) == 53
    assert {row["Tiến độ (%)"] for row in rows} == {"0"}
    assert {row["Thời hạn"][:4] for row in rows} == {"2016", "2017", "2018", "2019", "2020"}
    assert (file.last, file.rows, file.total_lines) == (date(2015, 12, 31), 53, 1)


def test_the_demo_delivers_open_feedback_a_second_time(demo: DemoReport) -> None:
    first, second = (file for file in demo.files if file.source == "citizen_feedback")
    parts = [read_rows(file.path) for file in (first, second)]
    assert [len(part) for part in parts] == [first.rows, second.rows]
    early, late = ({row["Mã phản ánh"]: row for row in part} for part in parts)
    again = set(early) & set(late)
    assert again
    assert len(set(early) | set(late)) == 240
    assert any(not early[code]["Ngày trả lời"] and late[code]["Ngày trả lời"] for code in again)
    assert all(early[code]["Ngày công khai"] for code in set(early) - again)
    known = agencies_by_alias()
    assert len({known[normalise_name(row["Cơ quan xử lý"])] for row in late.values()}) > 30


def test_the_same_seed_gives_the_same_programme(demo: DemoReport, tmp_path: Path) -> None:
    again = write_demo(tmp_path, REGISTRY, 400, 1, (2015,), sources=("plan_tasks", "citizen_feedback"))
    assert [file.path.read_bytes() for file in demo.files] == [file.path.read_bytes() for file in again.files]
