"""The log at the size of a bench: two large CSV files, written as a stream."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from ingest.synthetic import layouts
from ingest.synthetic.exports import dossier_text, event_text
from ingest.synthetic.files import append_csv_rows, write_csv_header
from ingest.synthetic.scene import set_scene, text_engine


def write_bench(folder: Path, registry: Path, dossiers: int, seed: int, chunk: int = 500_000, year: int = 2015) -> None:
    """Write `dossiers` dossiers and their events (about four each) as one CSV file per source.

    Files: folder/dossiers/hoso_<year>0101_<year>1231.csv and folder/dossier_events/sukien_…csv, the year as it stood on
    its last day. Memory grows with `chunk`, not with `dossiers`. The same arguments give byte-identical files.

    Raises ValueError when the registry has nothing to simulate, or cannot number so many dossiers.
    """
    scene = set_scene(registry, seed, year)
    connection = text_engine()
    name = f"{year}0101_{year}1231.csv"
    for source in ("dossiers", "dossier_events"):
        (folder / source).mkdir(parents=True, exist_ok=True)
    with (
        (folder / "dossiers" / f"hoso_{name}").open("wb") as dossier_file,
        (folder / "dossier_events" / f"sukien_{name}").open("wb") as event_file,
    ):
        write_csv_header(dossier_file, list(layouts.DOSSIER_CSV))
        write_csv_header(event_file, list(layouts.EVENT_CSV))
        for number, lives in enumerate(scene.lives_in_chunks(dossiers, chunk)):
            export = scene.export(lives, date(year, 12, 31), number)
            rows = np.arange(len(lives))
            select = dossier_text(connection, export.dossiers(rows), layouts.DOSSIER_CSV)
            append_csv_rows(dossier_file, connection, select, list(layouts.DOSSIER_CSV))
            select = event_text(connection, export.events(rows), layouts.EVENT_CSV)
            append_csv_rows(event_file, connection, select, list(layouts.EVENT_CSV))
