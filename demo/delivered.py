"""The generator's record of the files that it wrote."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zlib import crc32

from warehouse.clock import ZONE

_DAYS_LATER = {
    **{"dossiers": 3, "dossier_events": 3, "survey_responses": 8, "assessments": 5},
    **{"plan_tasks": 4, "citizen_feedback": 6},
}
_BOARD_DAYS, _AGAIN_DAYS, _OVERDUE_DAYS = 22, 35, 14
# One self-assessment in this many arrives after mid-January.
_OVERDUE_SHARE = 20


@dataclass(frozen=True)
class DeliveredFile:
    """One file with its row counts, without title and header lines.

    `rows` counts the data rows. They include `rows_repeated` exact copies of rows of the same file, and `rows_test` and
    `rows_deleted` rows that are not dossiers. Totals, headings of groups and areas, and signature lines come between
    and below them.
    """

    path: Path
    source: str
    first: date
    last: date
    rows: int
    rows_repeated: int = 0
    rows_test: int = 0
    rows_deleted: int = 0
    total_lines: int = 0
    group_lines: int = 0
    signature_lines: int = 0

    @property
    def lines_besides(self) -> int:
        """Lines below the header that are not data rows."""
        return self.total_lines + self.group_lines + self.signature_lines


def stamp(files: Iterable[DeliveredFile]) -> None:
    """Sets the time of every file to its delivery, some days after the period that it covers."""
    for file in files:
        salt = crc32(file.path.name.encode())
        day = file.last + timedelta(_days_later(file, salt))
        moment = datetime.combine(day, time(8, salt % 60), ZONE).timestamp()
        os.utime(file.path, (moment, moment))


def _days_later(file: DeliveredFile, salt: int) -> int:
    name = file.path.name
    if "_lai_" in name or "_bo_sung" in name:
        return _AGAIN_DAYS
    if name.startswith("tham_dinh"):
        return _BOARD_DAYS
    is_overdue = file.source == "assessments" and salt % _OVERDUE_SHARE == 0
    return _DAYS_LATER[file.source] + salt % 4 + (_OVERDUE_DAYS if is_overdue else 0)
