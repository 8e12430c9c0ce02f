"""Writes the one-stop log of the demo province: dossiers and events, as two software systems export them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from demo import layouts
from demo.delivered import DeliveredFile
from demo.exports import Export, Rows, dossier_text, event_text
from demo.files import write_csv, write_workbook
from demo.lives import Lives, Mark
from demo.scene import Scene, set_scene, text_engine
from demo.workdays import DAY

_REPEATED_ROWS = 3
# An agency with this few dossiers keeps them all.
_FEW = 6


@dataclass(frozen=True)
class YearOfDossiers:
    """The dossiers received in the year of the scene, with their complete histories."""

    scene: Scene
    lives: Lives

    def count_events(self, as_of: date) -> int:
        """Counts the events exported until the end of a day."""
        times = self.lives.course.times[self.lives.has_events]
        return int((times <= self.scene.official.end_of(as_of)).sum())


@dataclass(frozen=True)
class _Period:
    """One reporting period of one software system; `number` counts from 1 within the year."""

    name: str
    number: int
    first: date
    last: date


@dataclass(frozen=True)
class _Excerpt:
    """The rows of one export from the dossiers of one year."""

    export: Export
    rows: Rows


def draw_log(registry: Path, dossiers: int, seed: int, years: Sequence[int]) -> list[YearOfDossiers]:
    """Draws the dossiers of each year, the same number every year; the remainder goes to the last year.

    Raises ValueError when the registry has nothing to simulate in one of the years.
    """
    drawn = []
    for number, year in enumerate(years, 1):
        # Agencies keep their conduct over the years.
        scene = set_scene(registry, seed, year, conduct_of=max(years))
        share = dossiers // len(years) + (dossiers % len(years) if number == len(years) else 0)
        drawn.append(YearOfDossiers(scene, _draw_lives(scene, share)))
    return drawn


def write_log(inbox: Path, log: Sequence[YearOfDossiers]) -> list[DeliveredFile]:
    """Writes the exports of every year: half-years of the provincial software, quarters of the districts' software.

    An export lists the dossiers received in its period and those still open at its start, including earlier years.
    """
    connection = text_engine()
    files: list[DeliveredFile] = []
    for number, this_year in enumerate(log, 1):
        year = this_year.scene.province.year
        for period in _half_years(year):
            excerpts = [_excerpt(part, period, of_districts=False) for part in log[:number]]
            files += _write_provincial(inbox, connection, period, excerpts)
        for period in _quarters(year):
            excerpts = [_excerpt(part, period, of_districts=True) for part in log[:number]]
            files += _write_district(inbox, connection, period, excerpts)
    return files


def _draw_lives(scene: Scene, dossiers: int) -> Lives:
    tests, deleted = 4 + dossiers // 5000, 3 + dossiers // 5000
    drawn = dossiers + tests + deleted
    lives = next(scene.lives_in_chunks(drawn, drawn))
    # The districts' workbooks have no column to mark a deleted row.
    is_spare = np.bincount(lives.receipts.resolving)[lives.receipts.resolving] > _FEW
    if is_spare.sum() < tests + deleted:
        is_spare[:] = True
    can_be_deleted = np.flatnonzero(~scene.province.is_district[lives.receipts.receiving] & is_spare)
    rng = scene.stream(4)
    chosen = rng.choice(can_be_deleted, min(deleted, len(can_be_deleted)), replace=False)
    return lives.marked(drawn - dossiers - len(chosen), chosen, is_spare, rng)


def _half_years(year: int) -> Iterator[_Period]:
    for number, (first, last) in enumerate(
        ((date(year, 1, 1), date(year, 6, 30)), (date(year, 7, 1), date(year, 12, 31))), 1
    ):
        yield _Period(f"{first:%Y%m%d}_{last:%Y%m%d}", number, first, last)


def _quarters(year: int) -> Iterator[_Period]:
    begins = [date(year, month, 1) for month in (1, 4, 7, 10)] + [date(year + 1, 1, 1)]
    for number, (first, after) in enumerate(pairwise(begins), 1):
        yield _Period(f"huyen_{year}_quy{number}", number, first, after - timedelta(days=1))


def _excerpt(part: YearOfDossiers, period: _Period, *, of_districts: bool) -> _Excerpt:
    scene, lives = part.scene, part.lives
    begin, end = scene.official.day(period.first) * DAY, scene.official.end_of(period.last)
    received = lives.receipts.received
    is_mine = scene.province.is_district[lives.receipts.receiving] == of_districts
    is_new = (received >= begin) & (received <= end)
    is_carried = (received < begin) & (lives.closed >= begin)
    export = scene.export(lives, period.last, int(of_districts), period.first.year, period.number)
    return _Excerpt(export, np.flatnonzero(is_mine & (is_new | is_carried)))


def _write_provincial(
    inbox: Path, connection: duckdb.DuckDBPyConnection, period: _Period, excerpts: list[_Excerpt]
) -> list[DeliveredFile]:
    if not sum(len(excerpt.rows) for excerpt in excerpts):
        return []
    latest = excerpts[-1]
    repeated = latest.rows[latest.export.lives.mark[latest.rows] == Mark.REAL][:_REPEATED_ROWS]
    listed = [*excerpts, _Excerpt(latest.export, repeated)]
    select = dossier_text(connection, _dossiers(listed), layouts.DOSSIER_CSV)
    dossiers = inbox / "dossiers" / f"hoso_{period.name}.csv"
    n_dossiers = write_csv(dossiers, connection, select, list(layouts.DOSSIER_CSV))
    exported = _events(excerpts)
    again = exported.slice(0, _REPEATED_ROWS)
    select = event_text(connection, pa.concat_tables([exported, again]), layouts.EVENT_CSV)
    events = inbox / "dossier_events" / f"sukien_{period.name}.csv"
    n_events = write_csv(events, connection, select, list(layouts.EVENT_CSV))
    return [
        _delivered(dossiers, "dossiers", period, n_dossiers, excerpts, len(repeated)),
        _delivered(events, "dossier_events", period, n_events, [], len(again)),
    ]


def _write_district(
    inbox: Path, connection: duckdb.DuckDBPyConnection, period: _Period, excerpts: list[_Excerpt]
) -> list[DeliveredFile]:
    if not sum(len(excerpt.rows) for excerpt in excerpts):
        return []
    select = dossier_text(connection, _dossiers(excerpts), layouts.DOSSIER_XLSX)
    rows = connection.sql(select).to_arrow_table()
    dossiers = inbox / "dossiers" / f"hoso_{period.name}.xlsx"
    n_dossiers = _write_book(dossiers, rows, layouts.DOSSIER_TITLE, period)
    select = event_text(connection, _events(excerpts), layouts.EVENT_XLSX)
    rows = connection.sql(select).to_arrow_table()
    events = inbox / "dossier_events" / f"sukien_{period.name}.xlsx"
    n_events = _write_book(events, rows, layouts.EVENT_TITLE, period)
    return [
        _delivered(dossiers, "dossiers", period, n_dossiers, excerpts, 0, total_lines=1),
        _delivered(events, "dossier_events", period, n_events, [], 0, total_lines=1),
    ]


def _write_book(path: Path, rows: pa.Table, title: str, period: _Period) -> int:
    # The halves of the year come from two releases of the software, with headers in row 4 and in row 5.
    return write_workbook(path, rows, title, period.first, period.last, header_row=4 if period.number <= 2 else 5)


def _dossiers(excerpts: list[_Excerpt]) -> pa.Table:
    listed = pa.concat_tables([excerpt.export.dossiers(excerpt.rows) for excerpt in excerpts])
    numbers = pa.array(np.arange(1, len(listed) + 1))
    return listed.set_column(listed.schema.get_field_index("row_number"), "row_number", numbers)


def _events(excerpts: list[_Excerpt]) -> pa.Table:
    return pa.concat_tables([excerpt.export.events(excerpt.rows) for excerpt in excerpts])


def _delivered(
    path: Path,
    source: str,
    period: _Period,
    rows: int,
    excerpts: list[_Excerpt],
    repeated: int,
    total_lines: int = 0,
) -> DeliveredFile:
    marks: NDArray[np.int8] = np.concatenate(
        [np.zeros(0, dtype=np.int8), *(excerpt.export.lives.mark[excerpt.rows] for excerpt in excerpts)]
    )
    is_test = (marks == Mark.TEST_PERSON) | (marks == Mark.TEST_WORD)
    return DeliveredFile(
        path=path,
        source=source,
        first=period.first,
        last=period.last,
        rows=rows,
        rows_repeated=repeated,
        rows_test=int(is_test.sum()),
        rows_deleted=int((marks == Mark.DELETED).sum()),
        total_lines=total_lines,
    )
