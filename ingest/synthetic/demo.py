"""A year of deliveries of the demo province, as its one-stop software would export them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.synthetic import layouts
from ingest.synthetic.exports import Export, Rows, dossier_text, event_text
from ingest.synthetic.files import SYNTHETIC_LABEL, write_csv, write_workbook
from ingest.synthetic.lives import Lives, Mark
from ingest.synthetic.scene import Scene, set_scene, text_engine
from ingest.synthetic.workdays import DAY

_REPEATED_ROWS = 3
_NO_MARKS = np.zeros(0, dtype=np.int8)
_README = f"""{SYNTHETIC_LABEL}

Mọi hồ sơ, tên người, số giấy tờ, số điện thoại, địa chỉ trong thư mục này do máy tính tạo ra để chạy thử.
Không có người thật, không có hồ sơ thật, không phản ánh kết quả của cơ quan nào.

SYNTHETIC DATA - no real dossier, person or result. Names contain "Mô Phỏng" or "Công Vụ", identity numbers begin
with 99, phone numbers with 0900, e-mail addresses end in @example.vn.
"""


@dataclass(frozen=True)
class DeliveredFile:
    """One file and what its data rows are; title, header and total lines (`total_lines`) are not in `rows`.

    `rows` counts everything below the header: first copies, `rows_repeated` exact copies of rows of the same file,
    `rows_test` and `rows_deleted` rows that are no dossiers.
    """

    path: Path
    source: str
    first: date
    last: date
    rows: int
    rows_repeated: int
    rows_test: int
    rows_deleted: int
    total_lines: int


@dataclass(frozen=True)
class DemoReport:
    """What write_demo wrote: distinct real dossiers, their distinct events until `as_of`, and every file."""

    dossiers: int
    events: int
    as_of: date
    files: tuple[DeliveredFile, ...]


@dataclass(frozen=True)
class _Period:
    """One reporting period of one of the two pieces of software; `number` counts from 1 within the year."""

    name: str
    number: int
    first: date
    last: date


def write_demo(inbox: Path, registry: Path, dossiers: int, seed: int, year: int = 2015) -> DemoReport:
    """Write a year of dossiers and events of every agency of the registry that has procedures into `inbox`.

    The same arguments give byte-identical files. Besides the `dossiers` real ones there are a few test rows and
    deleted rows, and the provincial software repeats a few rows within a file. Every other row is valid.

    Raises ValueError when the registry has nothing to simulate in that year.
    """
    scene = set_scene(registry, seed, year)
    lives = _draw_lives(scene, dossiers)
    is_district = scene.province.is_district[lives.receipts.receiving]
    connection = text_engine()
    files: list[DeliveredFile] = []
    for period in _half_years(year):
        rows = _rows_of(scene, lives, period, ~is_district)
        files += _write_provincial(inbox, connection, scene.export(lives, period.last, 0, period.number), period, rows)
    for period in _quarters(year):
        rows = _rows_of(scene, lives, period, is_district)
        files += _write_district(inbox, connection, scene.export(lives, period.last, 1, period.number), period, rows)
    (inbox / "README.txt").write_text(_README, encoding="utf-8")
    as_of = date(year, 12, 31)
    times = lives.course.times[lives.mark == Mark.REAL]
    return DemoReport(dossiers, int((times <= scene.official.end_of(as_of)).sum()), as_of, tuple(files))


def _draw_lives(scene: Scene, dossiers: int) -> Lives:
    tests, deleted = 4 + dossiers // 5000, 3 + dossiers // 5000
    drawn = dossiers + tests + deleted
    lives = next(scene.lives_in_chunks(drawn, drawn))
    # The districts' workbooks have no column that could say that a row was deleted.
    can_be_deleted = np.flatnonzero(~scene.province.is_district[lives.receipts.receiving])
    rng = scene.stream(4)
    chosen = rng.choice(can_be_deleted, min(deleted, len(can_be_deleted)), replace=False)
    return lives.marked(drawn - dossiers - len(chosen), chosen, rng)


def _half_years(year: int) -> Iterator[_Period]:
    for number, (first, last) in enumerate(
        ((date(year, 1, 1), date(year, 6, 30)), (date(year, 7, 1), date(year, 12, 31))), 1
    ):
        yield _Period(f"{first:%Y%m%d}_{last:%Y%m%d}", number, first, last)


def _quarters(year: int) -> Iterator[_Period]:
    begins = [date(year, month, 1) for month in (1, 4, 7, 10)] + [date(year + 1, 1, 1)]
    for number, (first, after) in enumerate(pairwise(begins), 1):
        yield _Period(f"huyen_quy{number}", number, first, after - timedelta(days=1))


def _rows_of(scene: Scene, lives: Lives, period: _Period, is_mine: NDArray[np.bool_]) -> Rows:
    """What a period's export lists: dossiers received in it, and earlier ones that were not closed when it began."""
    begin, end = scene.official.day(period.first) * DAY, scene.official.end_of(period.last)
    received = lives.receipts.received
    is_new = (received >= begin) & (received <= end)
    is_carried = (received < begin) & (lives.closed >= begin)
    return np.flatnonzero(is_mine & (is_new | is_carried))


def _write_provincial(
    inbox: Path, connection: duckdb.DuckDBPyConnection, export: Export, period: _Period, rows: Rows
) -> list[DeliveredFile]:
    if not len(rows):
        return []
    repeated = rows[export.lives.mark[rows] == Mark.REAL][:_REPEATED_ROWS]
    listed = np.append(rows, repeated)
    select = dossier_text(connection, export.dossiers(listed), layouts.DOSSIER_CSV)
    dossiers = inbox / "dossiers" / f"hoso_{period.name}.csv"
    n_dossiers = write_csv(dossiers, connection, select, list(layouts.DOSSIER_CSV))
    exported = export.events(rows)
    again = exported.slice(0, _REPEATED_ROWS)
    select = event_text(connection, pa.concat_tables([exported, again]), layouts.EVENT_CSV)
    events = inbox / "dossier_events" / f"sukien_{period.name}.csv"
    n_events = write_csv(events, connection, select, list(layouts.EVENT_CSV))
    return [
        _delivered(dossiers, "dossiers", period, n_dossiers, export.lives.mark[rows], len(repeated)),
        _delivered(events, "dossier_events", period, n_events, _NO_MARKS, len(again)),
    ]


def _write_district(
    inbox: Path, connection: duckdb.DuckDBPyConnection, export: Export, period: _Period, rows: Rows
) -> list[DeliveredFile]:
    if not len(rows):
        return []
    # The two halves of the year come from two releases of the software, with headers in row 4 and in row 5.
    header_row = 4 if period.number <= 2 else 5
    select = dossier_text(connection, export.dossiers(rows), layouts.DOSSIER_XLSX)
    dossiers = inbox / "dossiers" / f"hoso_{period.name}.xlsx"
    title = layouts.DOSSIER_TITLE
    n_dossiers = write_workbook(
        dossiers, connection.sql(select).to_arrow_table(), title, period.first, period.last, header_row
    )
    select = event_text(connection, export.events(rows), layouts.EVENT_XLSX)
    events = inbox / "dossier_events" / f"sukien_{period.name}.xlsx"
    title = layouts.EVENT_TITLE
    n_events = write_workbook(
        events, connection.sql(select).to_arrow_table(), title, period.first, period.last, header_row
    )
    return [
        _delivered(dossiers, "dossiers", period, n_dossiers, export.lives.mark[rows], 0, total_lines=1),
        _delivered(events, "dossier_events", period, n_events, _NO_MARKS, 0, total_lines=1),
    ]


def _delivered(
    path: Path, source: str, period: _Period, rows: int, mark: NDArray[np.int8], repeated: int, total_lines: int = 0
) -> DeliveredFile:
    is_test = (mark == Mark.TEST_PERSON) | (mark == Mark.TEST_WORD)
    return DeliveredFile(
        path=path,
        source=source,
        first=period.first,
        last=period.last,
        rows=rows,
        rows_repeated=repeated,
        rows_test=int(is_test.sum()),
        rows_deleted=int((mark == Mark.DELETED).sum()),
        total_lines=total_lines,
    )
