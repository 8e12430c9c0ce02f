"""Writes the tasks of the adopted reform plan, and a year of citizen feedback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, cycle, islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from demo import people
from demo.assessments import agency_names
from demo.conference import PLAN_OBJECTIVES
from demo.delivered import DeliveredFile
from demo.files import write_csv, write_workbook
from demo.province import holds_through, names_in_force, registry_rows, spell
from demo.workdays import DAY, official_workdays

PLAN, FEEDBACK = "plan_tasks", "citizen_feedback"
PLAN_TITLE = "TIẾN ĐỘ NHIỆM VỤ KẾ HOẠCH CẢI CÁCH HÀNH CHÍNH {first}–{last}, THÁNG 12 NĂM {year}"

_TOPICS = {
    "e_government": "Chính phủ điện tử",
    "organisation": "Tổ chức bộ máy, cán bộ",
    "procedures": "Thủ tục hành chính và dịch vụ công",
}
_VERBS = ("Rà soát", "Ban hành quy định về", "Triển khai", "Mở rộng", "Kiểm tra", "Đánh giá kết quả")
_OBJECTS = {
    "e_government": ("phần mềm một cửa điện tử", "cổng thông tin cải cách hành chính", "hồ sơ điện tử dùng chung"),
    "organisation": ("vị trí việc làm", "kỷ luật làm việc tại bộ phận một cửa", "đào tạo cán bộ một cửa cấp xã"),
    "procedures": ("cơ sở dữ liệu thủ tục hành chính", "dịch vụ công mức độ 3, 4", "quy trình một cửa liên thông"),
}
_HEADER_ROW = 5
_PLAN_YEARS = 5
_FEEDBACK_HEADERS = (
    *("STT", "Mã phản ánh", "Kênh tiếp nhận", "Ngày tiếp nhận", "Người gửi", "Số điện thoại", "Lĩnh vực"),
    *("Nội dung", "Cơ quan xử lý", "Ngày chuyển", "Hạn trả lời", "Ngày trả lời", "Ngày công khai", "Hài lòng"),
)
_FEEDBACK_KINDS = ("so", "nganh_doc", "huyen")
_FEEDBACK_OF_A_YEAR = 240
_CHANNELS = ("Cổng thông tin CCHC", "Cổng thông tin CCHC", "Đường dây nóng", "Hộp thư")


@dataclass(frozen=True)
class _Feedback:
    """One feedback with its complete history."""

    sequence: int
    person: int
    agency: str
    field_name: str
    received: datetime
    forwarded: datetime
    due: datetime | None
    answered: datetime | None
    published: datetime | None
    is_satisfied: bool


def write_plan(inbox: Path, registry: Path, year: int) -> list[DeliveredFile]:
    """Writes the first monthly snapshot of the plan for the five years after `year`, with no task started.

    Departments take turns in leading the tasks. A registry without departments on 31/12 of `year` has no plan.
    """
    first, last = date(year, 12, 1), date(year, 12, 31)
    names = agency_names(registry, year)
    leads = [names[agency][0] for agency in _agencies(registry, last, last, ("so",))]
    if not leads:
        return []
    objectives = list(chain.from_iterable([no] * tasks for no, (_, tasks) in enumerate(PLAN_OBJECTIVES, 1)))
    topics = [PLAN_OBJECTIVES[no - 1][0] for no in objectives]
    numbers = range(1, len(objectives) + 1)
    rows = pa.table(
        {
            "Mã nhiệm vụ": pa.array(numbers, pa.int64()),
            "Mục tiêu": pa.array(objectives, pa.int64()),
            "Nội dung nhiệm vụ": [_title(topic, no) for topic, no in zip(topics, numbers, strict=True)],
            "Chủ đề trọng tâm": [_TOPICS[topic] for topic in topics],
            "Cơ quan chủ trì": list(islice(cycle(leads), len(objectives))),
            "Cơ quan phối hợp": ["Các cơ quan, đơn vị"] * len(objectives),
            "Sản phẩm": [f"Báo cáo mô phỏng số {no}" for no in numbers],
            "Thời hạn": pa.array([datetime.combine(_due(year, no), datetime.min.time()) for no in numbers]),
            "Tiến độ (%)": pa.array([0] * len(objectives), pa.int64()),
            "Trạng thái": ["Chưa thực hiện"] * len(objectives),
            "Ghi chú": pa.array([None] * len(objectives), pa.string()),
        }
    )
    path = inbox / PLAN / f"nhiem_vu_ke_hoach_{first:%Y%m%d}_{last:%Y%m%d}.xlsx"
    title = PLAN_TITLE.format(first=year + 1, last=year + _PLAN_YEARS, year=year)
    n_rows = write_workbook(path, rows, title, first, last, _HEADER_ROW)
    return [DeliveredFile(path, PLAN, first, last, n_rows, total_lines=1)]


def write_feedback(inbox: Path, registry: Path, year: int, random: np.random.Generator) -> list[DeliveredFile]:
    """Writes the feedback of one year, one file per half-year.

    The second file repeats the feedback of the first that had no published answer.

    A registry without agencies that answer feedback gives no file.
    """
    first, middle, last = date(year, 1, 1), date(year, 6, 30), date(year, 12, 31)
    every = _draw_feedback(registry, first, last, random)
    files = []
    for start, end in ((first, middle), (date(year, 7, 1), last)) if every else ():
        sent = [one for one in every if one.received.date() <= end and (one.published or datetime.max).date() >= start]
        path = inbox / FEEDBACK / f"phan_anh_{start:%Y%m%d}_{end:%Y%m%d}.csv"
        cells = [_cells(one, place, end) for place, one in enumerate(sent, 1)]
        columns = {
            header: pa.array([row[at] for row in cells], pa.string()) for at, header in enumerate(_FEEDBACK_HEADERS)
        }
        with duckdb.connect() as connection:
            connection.register("delivered", pa.table(columns))
            n_rows = write_csv(path, connection, "select * from delivered", _FEEDBACK_HEADERS)
        files.append(DeliveredFile(path, FEEDBACK, start, end, n_rows))
    return files


def _agencies(registry: Path, first: date, last: date, kinds: Sequence[str]) -> list[str]:
    rows = registry_rows(registry / "agencies.csv")
    return [row["agency_id"] for row in rows if row["unit_kind"] in kinds and holds_through(row, first, last)]


def _title(topic: str, number: int) -> str:
    objects = _OBJECTS[topic]
    return f"{_VERBS[number % len(_VERBS)]} {objects[number % len(objects)]} (nhiệm vụ mô phỏng {number})"


def _due(year: int, number: int) -> date:
    month, day = (6, 30) if number % 2 else (12, 15)
    return date(year + 1 + number % _PLAN_YEARS, month, day)


def _draw_feedback(registry: Path, first: date, last: date, random: np.random.Generator) -> list[_Feedback]:
    """Draws the feedback of the whole year in order of receipt.

    Answers take one to twelve working days; one in ten never comes. Every third feedback has its own due date, five
    working days after receipt.
    """
    names = names_in_force(registry, first, last)
    spellings = [spell(names[a]) for a in _agencies(registry, first, last, _FEEDBACK_KINDS) if a in names]
    fields = [row["label_vi"] for row in registry_rows(registry / "labels.csv") if row["list_name"] == "field_code"]
    if not spellings:
        return []
    workdays = official_workdays(registry, first.year)
    size = _FEEDBACK_OF_A_YEAR
    received_day = np.sort(random.integers(workdays.day(first), workdays.day(last) + 1, size))
    minute = random.integers(7 * 60, 21 * 60, size)
    index = workdays.index[received_day]
    answer_days = random.integers(1, 13, size)
    moments = [
        workdays.moments(minutes.astype(np.int32)).astype("datetime64[s]").astype(object)
        for minutes in (
            received_day * DAY + minute,
            workdays.at(index + 1, 8 * 60),
            workdays.at(index + 5, 0),
            workdays.at(index + answer_days, 16 * 60),
            workdays.at(index + answer_days + 1, 9 * 60),
        )
    ]
    is_answered, is_published, is_satisfied = (random.random(size) < share for share in (0.9, 0.85, 0.7))
    return [
        _Feedback(
            sequence=at + 1,
            person=int(random.integers(0, len(people.APPLICANT_NAMES))),
            agency=spellings[at % len(spellings)][at % 8],
            field_name=fields[at % len(fields)],
            received=moments[0][at],
            forwarded=moments[1][at],
            due=moments[2][at] if at % 3 == 0 else None,
            answered=moments[3][at] if is_answered[at] else None,
            published=moments[4][at] if is_answered[at] and is_published[at] else None,
            is_satisfied=bool(is_satisfied[at]),
        )
        for at in range(size)
    ]


def _cells(one: _Feedback, place: int, until: date) -> list[str | None]:
    """Returns the row as the portal exports it at the end of a day, without later events."""

    def known(moment: datetime | None) -> datetime | None:
        return moment if moment is not None and moment.date() <= until else None

    answered = known(one.answered)
    rated = None if answered is None else "Có" if one.is_satisfied else "Không"
    return [
        str(place),
        f"PA-{one.received:%y}-{one.sequence:05d}",
        _CHANNELS[one.sequence % len(_CHANNELS)],
        _written(one.received),
        people.APPLICANT_NAMES[one.person],
        f"0900{one.person * 531441 % 1_000_000:06d}",
        one.field_name,
        f"Phản ánh mô phỏng số {one.sequence}: đề nghị giải thích; liên hệ {people.APPLICANT_NAMES[one.person]}",
        one.agency,
        _written(known(one.forwarded)),
        f"{one.due:%d/%m/%Y}" if one.due else None,
        _written(answered),
        _written(known(one.published)),
        rated,
    ]


def _written(moment: datetime | None) -> str | None:
    return f"{moment:%d/%m/%Y %H:%M}" if moment else None
