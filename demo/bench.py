"""Writes the log at bench sizes: two large CSV files, one large workbook, many small files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from demo import layouts
from demo.exports import Export, dossier_text, event_text
from demo.files import append_csv_rows, write_csv, write_csv_header, write_workbook
from demo.scene import set_scene, text_engine

_HEADER_ROW = 4


def write_bench(
    folder: Path,
    registry: Path,
    dossiers: int,
    seed: int,
    chunk: int = 500_000,
    years: Sequence[int] = (2015,),
    *,
    with_events: bool = True,
) -> None:
    """Writes `dossiers` dossiers and their events (about four each) as one CSV file per source.

    Every year has the same number of dossiers. Files: folder/dossiers/hoso_<first day>_<last day>.csv and, only
    `with_events`, folder/dossier_events/sukien_…csv, with the state of the last day of the last year. Memory grows with
    `chunk`, not with `dossiers`. The same arguments give byte-identical files.

    Raises ValueError when the registry has nothing to simulate, or cannot number so many dossiers.
    """
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    number_of_chunk = 0
    for year in years:
        # Agencies keep their conduct over the years.
        scene = set_scene(registry, seed, year, conduct_of=last.year)
        for lives in scene.lives_in_chunks(dossiers // len(years), chunk):
            export = scene.export(lives, last, number_of_chunk)
            _append_export(
                folder, f"{first:%Y%m%d}_{last:%Y%m%d}.csv", export, number_of_chunk, with_events=with_events
            )
            number_of_chunk += 1


def write_bench_workbook(folder: Path, registry: Path, dossiers: int, seed: int, year: int = 2015) -> Path:
    """Writes `dossiers` dossiers as one workbook of the district software below folder/dossiers; returns its path.

    Title, period and header are above the rows, a total is below them. Raises ValueError as `write_bench`.
    """
    scene = set_scene(registry, seed, year)
    (lives,) = scene.lives_in_chunks(dossiers, dossiers)
    export = scene.export(lives, date(year, 12, 31), 0)
    path = folder / "dossiers" / f"hoso_{year}0101_{year}1231.xlsx"
    _write_workbook(path, text_engine(), export, np.arange(dossiers), year)
    return path


def write_bench_files(folder: Path, registry: Path, files: int, rows: int, seed: int, year: int = 2015) -> None:
    """Writes `files` files of `rows` different dossiers each below folder/dossiers, alternately CSV and XLSX.

    Raises ValueError as `write_bench`.
    """
    scene = set_scene(registry, seed, year)
    connection = text_engine()
    (lives,) = scene.lives_in_chunks(files * rows, files * rows)
    export = scene.export(lives, date(year, 12, 31), 0)
    for number in range(files):
        own = np.arange(number * rows, (number + 1) * rows)
        path = folder / "dossiers" / f"hoso_{number:05d}_{year}0101_{year}1231.csv"
        if number % 2:
            _write_workbook(path.with_suffix(".xlsx"), connection, export, own, year)
        else:
            select = dossier_text(connection, export.dossiers(own), layouts.DOSSIER_CSV)
            write_csv(path, connection, select, list(layouts.DOSSIER_CSV))


def _append_export(folder: Path, name: str, export: Export, number_of_chunk: int, *, with_events: bool) -> None:
    connection = text_engine()
    rows = export.received()
    select = dossier_text(connection, export.dossiers(rows), layouts.DOSSIER_CSV)
    _append(folder / "dossiers" / f"hoso_{name}", connection, select, list(layouts.DOSSIER_CSV), number_of_chunk)
    if with_events:
        select = event_text(connection, export.events(rows), layouts.EVENT_CSV)
        _append(
            folder / "dossier_events" / f"sukien_{name}", connection, select, list(layouts.EVENT_CSV), number_of_chunk
        )


def _append(
    path: Path, connection: duckdb.DuckDBPyConnection, select: str, headers: list[str], number_of_chunk: int
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab" if number_of_chunk else "wb") as file:
        if not number_of_chunk:
            write_csv_header(file, headers)
        append_csv_rows(file, connection, select, headers)


def _write_workbook(
    path: Path, connection: duckdb.DuckDBPyConnection, export: Export, rows: np.ndarray, year: int
) -> None:
    select = dossier_text(connection, export.dossiers(rows), layouts.DOSSIER_XLSX)
    table = connection.sql(select).to_arrow_table()
    write_workbook(path, table, layouts.DOSSIER_TITLE, date(year, 1, 1), date(year, 12, 31), _HEADER_ROW)
