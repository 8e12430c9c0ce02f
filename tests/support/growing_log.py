"""A log that grows export by export with random changes of dossiers, plausible or not."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path

Row = Mapping[str, str]

PROCEDURES = ("1.000110", "2.000220", "1.000330", "1.000440", "9.999999")  # the last one is not in the registry
AGENCIES = ("Sở Xây dựng", "Sở Tư pháp", "Hòa Thử")
CHANNELS = ("Trực tuyến", "Trực tiếp", "Bưu chính công ích")
GOING = ("Đang xử lý", "Được tiếp nhận", "Mới đăng ký", "Yêu cầu bổ sung")
ENDED = ("Đã xử lý xong", "Đã trả kết quả", "Công dân rút hồ sơ", "Công dân rút hồ sơ", "Dừng xử lý")
EVENTS = (
    *("Nộp hồ sơ", "Tiếp nhận", "Phiếu hướng dẫn", "Chuyển xử lý", "Yêu cầu bổ sung", "Đã bổ sung", "Thông báo thuế"),
    *("Đã nộp thuế", "Tạm dừng", "Tiếp tục", "Xin lỗi và hẹn lại", "Kết thúc xử lý", "Mở lại", "Mời nhận kết quả sớm"),
    *("Trả kết quả", "Thông báo từ chối", "Rút hồ sơ"),
)


class GrowingLog:
    """Exports of dossiers with a new random state in each export."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._dossiers: dict[str, dict[str, str]] = {}
        self._events: list[Row] = []
        self._exports = 0

    def export(self, inbox: Path, day: date, new: int) -> None:
        """Writes the deliveries of a day: one file of dossiers and one of their events.

        The dossiers are `new` ones, as many changed ones and a deleted one; every fourth file has the date of the file
        three exports before. A few events are in an earlier file, or belong to dossiers that no file has yet.
        """
        draw = self._draw
        self._exports += 1
        until = day - timedelta(days=9 * (draw.random() < 0.25))
        older = sorted(self._dossiers)
        rows = [self._register(until) for _ in range(new)]
        changed = draw.sample(older, min(len(older), new + 1))
        rows += [self._change(code, until) for code in changed[1:]]
        rows += [{**self._dossiers[code], "DeletedOn": f"{until:%d/%m/%Y}"} for code in changed[:1]]
        self._write(inbox, "dossiers", f"hoso_{self._exports:02d}_20240101_{until:%Y%m%d}.csv", rows)
        repeated = draw.sample(self._events, min(len(self._events), new))
        events = [self._event(day) for _ in range(2 * new)]
        self._events += events
        self._write(inbox, "dossier_events", f"sukien_{self._exports:02d}_20240101_{day:%Y%m%d}.csv", events + repeated)

    def _register(self, day: date) -> Row:
        draw, code = self._draw, _code(len(self._dossiers) + 1)
        self._dossiers[code] = {
            "Mã hồ sơ": code,
            "Mã TTHC": draw.choice(PROCEDURES),
            "Đơn vị tiếp nhận": draw.choice(AGENCIES),
            "Đơn vị giải quyết": draw.choice(AGENCIES),
            "Kênh thực hiện": draw.choice(CHANNELS),
            "Hồ sơ điện tử": draw.choice(("Có", "Không")),
            "Ngày tiếp nhận": self._moment(day, -6),
            "Ngày hẹn trả": self._moment(day, -2, 15),
            "Ngày kết thúc xử lý": "",
            "Ngày trả": "",
            "Trạng thái": draw.choice(GOING),
            "Số giấy tờ": f"{draw.randrange(8):012d}",
            "DeletedOn": "",
        }
        return dict(self._dossiers[code])

    def _change(self, code: str, day: date) -> Row:
        """Returns a new state, or a corrected column."""
        row, kind = self._dossiers[code], self._draw.random()
        if kind < 0.6:
            row["Trạng thái"] = self._draw.choice(ENDED)
            row["Ngày kết thúc xử lý"] = self._moment(day, -5)
            row["Ngày trả"] = self._draw.choice(("", self._moment(day, -5)))
        elif kind < 0.7:
            row |= {"Trạng thái": self._draw.choice(GOING), "Ngày kết thúc xử lý": "", "Ngày trả": ""}
        elif kind < 0.8:
            row["Mã TTHC"] = self._draw.choice(PROCEDURES)
        elif kind < 0.9:
            row["Số giấy tờ"] = f"{self._draw.randrange(8):012d}"
        else:
            row["Ngày tiếp nhận"] = self._moment(day, -20)
        return dict(row)

    def _event(self, day: date) -> Row:
        return {
            "Mã hồ sơ": _code(self._draw.randrange(1, len(self._dossiers) + 8)),
            "Loại sự kiện": self._draw.choice(EVENTS),
            "Thời điểm": self._moment(day, -12),
            "Số văn bản": self._draw.choice(("", "12/TB")),
            "Ngày hẹn mới": self._draw.choice(("", self._moment(day, 1, 20))),
        }

    def _moment(self, day: date, first: int, last: int = 0) -> str:
        """Returns a minute in the days from `first` to `last`, counted from a day."""
        minute = timedelta(minutes=self._draw.randrange(24 * 60 * first, 24 * 60 * (last + 1)))
        return f"{datetime.combine(day, time()) + minute:%d/%m/%Y %H:%M}"

    @staticmethod
    def _write(inbox: Path, source: str, name: str, rows: list[Row]) -> None:
        lines = [";".join(rows[0]), *(";".join(row.values()) for row in rows)]
        path = inbox / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _code(number: int) -> str:
    return f"T99.01-240201-{number:04d}"
