"""Reads delivered files independently of the pipeline: with the csv module and a plain sheet reader."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import fastexcel
from lxml import html

from demo import DemoReport
from ingest.vietnamese.text import normalise_name

REGISTRY = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
DOSSIER_CSV_HEADER = (
    "Mã hồ sơ;Mã TTHC;Tên TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Đơn vị trả kết quả;Kênh thực hiện;Hồ sơ điện tử;"
    "Ngày nộp;Ngày tiếp nhận;Ngày hẹn trả;Ngày kết thúc xử lý;Ngày trả;Trạng thái;Chủ hồ sơ;Số giấy tờ;Số điện thoại;"
    "Email;Địa chỉ;Trích yếu;Người nhận hồ sơ;DeletedOn"
)

PERSONAL_HEADERS = (
    "Chủ hồ sơ",
    "Số giấy tờ",
    "Số điện thoại",
    "Email",
    "Địa chỉ",
    "Trích yếu",
    "Người nhận hồ sơ",
    "Người thực hiện",
    "Điều tra viên",
    "Họ tên người trả lời",
    "Góp ý khác",
    "Giải trình",
    "Tài liệu kiểm chứng",
    "Ý kiến thẩm định",
    "A0_5. Ý kiến khác",
    "C0_5. Ý kiến khác",
    "HG3. Góp ý khác",
    "Người gửi",
    "Nội dung",
)
TEST_NAMES = {"Nguyễn Văn A", "TEST"}
# Header of the workbook -> header of the CSV, where they differ.
_SAME_COLUMN = {
    "Số hồ sơ": "Mã hồ sơ",
    "Đơn vị": "Đơn vị giải quyết",
    "Hình thức nộp": "Kênh thực hiện",
    "Ngày hẹn trả kết quả": "Ngày hẹn trả",
    "Ngày có kết quả": "Ngày kết thúc xử lý",
    "Ngày trả kết quả": "Ngày trả",
}
BEFORE = " (lần trước)"
_CODE_HEADERS = {"Mã hồ sơ", "Số hồ sơ", "Mã phiếu", "Mã tiêu chí", "Mã nhiệm vụ", "Mã phản ánh"}
# Area, sum and signature rows are between and below the criteria.
_CRITERION = re.compile(r"\d+\.\d+")


def read_csv_cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";", strict=True))


def read_sheet_cells(path: Path) -> list[list[str]]:
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_arrow()
    return [["" if cell is None else cell for cell in row.values()] for row in sheet.to_pylist()]


def read_cells(path: Path) -> list[list[str]]:
    readers = {".csv": read_csv_cells, ".xls": read_page_cells}
    return readers.get(path.suffix, read_sheet_cells)(path)


def read_page_cells(path: Path) -> list[list[str]]:
    return [[cell.text_content() for cell in row.iter("th", "td")] for row in html.parse(path).getroot().iter("tr")]


def read_rows(path: Path) -> list[dict[str, str]]:
    """Returns the data rows without totals and areas as header -> text; of two header lines it uses the lower one."""
    cells = read_cells(path)
    at = next(number for number, row in enumerate(cells) if _CODE_HEADERS & set(row))
    code = next(place for place, header in enumerate(cells[at]) if header in _CODE_HEADERS)
    headers = cells[at]
    if any(cells[at + 1]) and not cells[at + 1][code]:
        at, headers = at + 1, [lower or upper for upper, lower in zip(headers, cells[at + 1], strict=True)]
    rows = [dict(zip(headers, row, strict=True)) for row in cells[at + 1 :]]
    if "Mã tiêu chí" in headers:
        return [row for row in rows if _CRITERION.fullmatch(row["Mã tiêu chí"])]
    return [row for row in rows if "Tổng cộng" not in row.values()]


def personal_values(inbox: Path) -> set[str]:
    """Returns every personal value in the dossier and event files below `inbox`, except names of test persons."""
    found: set[str] = set()
    for path in sorted([*inbox.rglob("*.csv"), *inbox.rglob("*.xls"), *inbox.rglob("*.xlsx")]):
        try:
            rows = read_rows(path)
        except fastexcel.FastExcelError:
            continue
        found |= {row[header] for row in rows for header in PERSONAL_HEADERS if row.get(header)}
    return found - TEST_NAMES


def read_registry(name: str) -> list[dict[str, str]]:
    with (REGISTRY / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def agencies_by_alias() -> dict[str, str]:
    return {normalise_name(row["alias"]): row["agency_id"] for row in read_registry("agency_aliases")}


def moment(text: str) -> datetime:
    for form in ("%d/%m/%Y %H:%M", "%H:%M %d/%m/%Y", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError(text)


def is_real(row: dict[str, str]) -> bool:
    return not row.get("DeletedOn") and row["Chủ hồ sơ"] not in TEST_NAMES


class Log(NamedTuple):
    """The demo's log, read independently of the generator: latest rows and distinct events.

    Of two events of one kind, the kind of the earlier one ends in BEFORE.
    """

    inbox: Path
    report: DemoReport
    rows: dict[str, dict[str, str]]
    events: dict[str, dict[str, datetime]]


def read_log(inbox: Path, report: DemoReport) -> Log:
    rows: dict[str, dict[str, str]] = {}
    events: dict[str, dict[str, datetime]] = {}
    for file in report.files:
        for row in read_rows(file.path):
            if file.source == "dossier_events":
                seen = events.setdefault(row["Mã hồ sơ"], {})
                kind, when = row["Loại sự kiện"], moment(row["Thời điểm"])
                former, latter = sorted((when, seen.get(kind, when)))
                seen |= {kind: latter} | ({kind + BEFORE: former} if former < latter else {})
            elif file.source == "dossiers" and is_real(row):
                named = {_SAME_COLUMN.get(header, header): text for header, text in row.items()}
                rows[named["Mã hồ sơ"]] = named
    return Log(inbox, report, rows, events)
