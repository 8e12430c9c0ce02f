from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from demo import write_trouble
from ingest.vietnamese.text import normalise_name
from tests.support.deliveries import DOSSIER_CSV_HEADER, REGISTRY, agencies_by_alias, moment, read_csv_cells, read_rows

COLUMNS = DOSSIER_CSV_HEADER.split(";")
Trouble = tuple[Path, dict[str, dict[str, Any]]]


def procedure_codes() -> set[str]:
    with (REGISTRY / "procedures.csv").open(encoding="utf-8") as file:
        return {row["procedure_code"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Trouble:
    inbox = tmp_path_factory.mktemp("trouble")
    return inbox, write_trouble(inbox, REGISTRY, seed=1)


def test_a_second_delivery_has_exactly_three_bad_rows(trouble: Trouble) -> None:
    inbox, written = trouble
    what = written["dossiers/hoso_bo_sung_20151201_20151231.csv"]
    cells = read_csv_cells(inbox / "dossiers" / "hoso_bo_sung_20151201_20151231.csv")
    assert ";".join(cells[0]) == DOSSIER_CSV_HEADER
    assert len(cells) - 1 == what["rows"] == 63
    faults, known = {}, agencies_by_alias()
    for line, row in enumerate((dict(zip(COLUMNS, row, strict=True)) for row in cells[1:]), 2):
        assert int(row["Mã hồ sơ"][-6:]) > 900_000
        if row["Ngày tiếp nhận"] == "31/04/2015 08:30":
            faults[line] = "impossible_date"
        elif normalise_name(row["Đơn vị giải quyết"]) not in known:
            faults[line] = "unknown_agency"
        elif row["Mã TTHC"] not in procedure_codes():
            faults[line] = "unknown_procedure"
        else:
            assert moment(row["Ngày nộp"]) <= moment(row["Ngày tiếp nhận"]) < moment(row["Ngày hẹn trả"])
            assert datetime(2015, 12, 1) <= moment(row["Ngày tiếp nhận"]) < datetime(2016, 1, 1)
    assert faults == {bad["line"]: bad["fault"] for bad in what["bad"]}
    assert set(faults.values()) == {"impossible_date", "unknown_agency", "unknown_procedure"}
    assert all(cells[bad["line"] - 1][COLUMNS.index(bad["column"])] == bad["value"] for bad in what["bad"])


def test_the_good_events_file_covers_only_good_dossiers(trouble: Trouble) -> None:
    inbox, written = trouble
    bad = {bad["line"] for bad in written["dossiers/hoso_bo_sung_20151201_20151231.csv"]["bad"]}
    listed = read_rows(inbox / "dossiers" / "hoso_bo_sung_20151201_20151231.csv")
    events = read_rows(inbox / "dossier_events" / "sukien_bo_sung_20151201_20151231.csv")
    good = {row["Mã hồ sơ"] for line, row in enumerate(listed, 2) if line not in bad}
    assert len(good) == 60
    with_events, known = {row["Mã hồ sơ"] for row in events}, agencies_by_alias()
    assert with_events <= good
    # One agency has stopped sending its events.
    without_events = [row["Đơn vị giải quyết"] for row in listed if row["Mã hồ sơ"] in good - with_events]
    assert len({known[normalise_name(name)] for name in without_events}) <= 1
    assert len(without_events) < 10
    assert written["dossier_events/sukien_bo_sung_20151201_20151231.csv"]["rows"] == len(events)


def test_broken_files_are_broken_as_declared(trouble: Trouble) -> None:
    inbox, written = trouble
    assert Counter(what["verdict"] for what in written.values()) == {"accepted": 2, "held": 1, "unreadable": 2}
    assert all(re.search(r"_20151201_20151231\.(csv|xlsx)$", name) for name in written)
    header = read_csv_cells(inbox / "dossiers" / "hoso_thieu_cot_20151201_20151231.csv")[0]
    assert "Ngày tiếp nhận" not in header
    assert header.index("Ngày tiep nhan HS") == COLUMNS.index("Ngày tiếp nhận")
    truncated = inbox / "dossiers" / "hoso_huyen_bo_sung_20151201_20151231.xlsx"
    assert truncated.read_bytes().startswith(b"PK\x03\x04")
    assert not zipfile.is_zipfile(truncated)
    scanned = inbox / "dossiers" / "hoso_huyen_ban_quet_20151201_20151231.xlsx"
    assert scanned.read_bytes().startswith(b"%PDF-1.4")
