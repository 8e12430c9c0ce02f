"""Writes a second delivery with typical faults: bad rows, a missing column, broken and disguised files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from demo import layouts
from demo.exports import Export, dossier_text, event_text
from demo.files import write_csv, write_workbook
from demo.scene import Scene, set_scene, text_engine

_GOOD_ROWS = 60
# Codes far above those of the demo, so that every dossier here is new.
_FIRST_SEQUENCE = {"bad_rows": 900_001, "missing_column": 920_001, "truncated": 940_001}
_MISSING, _NEAR = "Ngày tiếp nhận", "Ngày tiep nhan HS"
_SCANNED = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


@dataclass(frozen=True)
class _Delivery:
    """The inbox and the source of the second delivery: December of the scene's year."""

    inbox: Path
    scene: Scene
    connection: duckdb.DuckDBPyConnection

    @property
    def first(self) -> date:
        return date(self.scene.province.year, 12, 1)

    @property
    def last(self) -> date:
        return date(self.scene.province.year, 12, 31)

    def path(self, source: str, name: str, ending: str) -> Path:
        return self.inbox / source / f"{name}_{self.first:%Y%m%d}_{self.last:%Y%m%d}.{ending}"

    def export(self, dossiers: int, first_sequence: int) -> Export:
        receipts = self.scene.receipts(dossiers, self.first, self.last, first_sequence)
        lives = self.scene.lives(receipts, dossiers, first_sequence)
        return self.scene.export(lives, self.last, first_sequence)

    def dossiers(self, export: Export, columns: dict[str, str]) -> pa.Table:
        every = np.arange(len(export.lives))
        return self.connection.sql(dossier_text(self.connection, export.dossiers(every), columns)).to_arrow_table()

    def write(self, path: Path, rows: pa.Table) -> int:
        self.connection.register("delivered", rows)
        return write_csv(path, self.connection, "select * from delivered", rows.column_names)


def write_trouble(inbox: Path, registry: Path, seed: int, year: int = 2015) -> dict[str, dict[str, Any]]:
    """Adds a second delivery to the folders of `inbox`: four faulty files and a good one.

    Returns, by path relative to `inbox`: `source`, `verdict` (accepted, held, unreadable), `rows` (data rows; None for
    unreadable files) and for accepted files `bad`: per bad row its `line` in the file, the `column`, the `value` and
    the `fault` (impossible_date, unknown_agency, unknown_procedure). A held file names the `missing` header and the
    `near` one that replaces it.

    Raises ValueError when the registry has nothing to simulate in that year.
    """
    delivery = _Delivery(inbox, set_scene(registry, seed, year), text_engine())
    written = _write_bad_rows(delivery) | _write_without_column(delivery) | _write_broken(delivery)
    return {str(path.relative_to(inbox)): what for path, what in written.items()}


def _write_bad_rows(delivery: _Delivery) -> dict[Path, dict[str, Any]]:
    export = delivery.export(_GOOD_ROWS + 3, _FIRST_SEQUENCE["bad_rows"])
    rows = delivery.dossiers(export, layouts.DOSSIER_CSV).to_pylist()
    impossible, unknown, unlisted = 11, 29, 47
    rows[impossible] |= {"Ngày tiếp nhận": f"31/04/{export.province.year} 08:30"}
    rows[unknown] |= {"Đơn vị giải quyết": "Sở Mô Phỏng Không Có Thật"}
    rows[unlisted] |= {"Mã TTHC": "KH-MOPHONG-99"}
    dossiers = delivery.path("dossiers", "hoso_bo_sung", "csv")
    n_dossiers = delivery.write(dossiers, pa.Table.from_pylist(rows, _text_schema(layouts.DOSSIER_CSV)))
    bad = [
        {"line": at + 2, "column": column, "value": rows[at][column], "fault": fault}
        for at, column, fault in (
            (impossible, "Ngày tiếp nhận", "impossible_date"),
            (unknown, "Đơn vị giải quyết", "unknown_agency"),
            (unlisted, "Mã TTHC", "unknown_procedure"),
        )
    ]
    good = np.setdiff1d(np.arange(len(rows)), [impossible, unknown, unlisted])
    select = event_text(delivery.connection, export.events(good), layouts.EVENT_CSV)
    events = delivery.path("dossier_events", "sukien_bo_sung", "csv")
    n_events = write_csv(events, delivery.connection, select, list(layouts.EVENT_CSV))
    return {
        dossiers: {"source": "dossiers", "verdict": "accepted", "rows": n_dossiers, "bad": bad},
        events: {"source": "dossier_events", "verdict": "accepted", "rows": n_events, "bad": []},
    }


def _write_without_column(delivery: _Delivery) -> dict[Path, dict[str, Any]]:
    export = delivery.export(40, _FIRST_SEQUENCE["missing_column"])
    rows = delivery.dossiers(export, layouts.DOSSIER_CSV)
    renamed = rows.rename_columns([_NEAR if name == _MISSING else name for name in rows.column_names])
    path = delivery.path("dossiers", "hoso_thieu_cot", "csv")
    held = {"source": "dossiers", "verdict": "held", "rows": delivery.write(path, renamed)}
    return {path: held | {"missing": _MISSING, "near": _NEAR}}


def _write_broken(delivery: _Delivery) -> dict[Path, dict[str, Any]]:
    rows = delivery.dossiers(delivery.export(40, _FIRST_SEQUENCE["truncated"]), layouts.DOSSIER_XLSX)
    truncated = delivery.path("dossiers", "hoso_huyen_bo_sung", "xlsx")
    write_workbook(truncated, rows, layouts.DOSSIER_TITLE, delivery.first, delivery.last, header_row=4)
    whole = truncated.read_bytes()
    truncated.write_bytes(whole[: len(whole) // 2])
    scanned = delivery.path("dossiers", "hoso_huyen_ban_quet", "xlsx")
    scanned.write_bytes(_SCANNED)
    unreadable = {"source": "dossiers", "verdict": "unreadable", "rows": None}
    return {truncated: unreadable, scanned: unreadable}


def _text_schema(columns: dict[str, str]) -> pa.Schema:
    return pa.schema([(header, pa.string()) for header in columns])
