"""Repeated and damaged files, made from the first night's deliveries."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from tests.support.deliveries import read_csv_cells

SECOND_HALF = "20150701_20151231"
UNKNOWN_AGENCY = "Sở Mô Phỏng Không Có Thật"


def write_csv(path: Path, cells: list[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(cells)
    return path


def resend_ended_late(inbox: Path, target: Path, dossier_code: str) -> Path:
    """Returns the second half-year again; only one dossier differs, which now ends on 30/12/2015."""
    header, *rows = read_csv_cells(inbox / "dossiers" / f"hoso_{SECOND_HALF}.csv")
    changed = next(row for row in rows if row[header.index("Mã hồ sơ")] == dossier_code)
    changed[header.index("Ngày kết thúc xử lý")] = "30/12/2015 16:00"
    changed[header.index("Ngày trả")] = "31/12/2015 08:00"
    return write_csv(target / "dossiers" / f"hoso_gui_lai_{SECOND_HALF}.csv", [header, *rows])


def resend_events(inbox: Path, target: Path) -> Path:
    """Returns the first twenty events of the second half-year again, as overlapping exports have them."""
    cells = read_csv_cells(inbox / "dossier_events" / f"sukien_{SECOND_HALF}.csv")
    return write_csv(target / "dossier_events" / f"sukien_gui_lai_{SECOND_HALF}.csv", cells[:21])


def resend_same_bytes(inbox: Path, target: Path) -> Path:
    """Returns the first half-year under another name."""
    path = target / "dossiers" / "hoso_ban_sao_20150101_20150630.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(inbox / "dossiers" / "hoso_20150101_20150630.csv", path))


def resend_held(inbox: Path, target: Path) -> Path:
    """Returns the unchanged file without a required column, under another name."""
    path = target / "dossiers" / "hoso_thieu_cot_lan_2_20151201_20151231.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(inbox / "dossiers" / "hoso_thieu_cot_20151201_20151231.csv", path))


def deliver_over_tolerance(inbox: Path, target: Path) -> Path:
    """Forty new dossiers, fifteen of them with an unknown agency."""
    header, *rows = read_csv_cells(inbox / "dossiers" / f"hoso_{SECOND_HALF}.csv")
    chosen = [row for row in rows if not row[header.index("DeletedOn")]][:40]
    for number, row in enumerate(chosen):
        row[header.index("Mã hồ sơ")] = f"SNV-15-97{number:04d}"
        if number < 15:
            row[header.index("Đơn vị giải quyết")] = UNKNOWN_AGENCY
    return write_csv(target / "dossiers" / "hoso_nhieu_loi_20151201_20151231.csv", [header, *chosen])
