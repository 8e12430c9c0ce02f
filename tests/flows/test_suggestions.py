"""`cchc registry suggest`: suggestions for names without an alias."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli.console import PlainConsole
from flows.cli.suggestions import show_suggestions, suggest_aliases
from flows.failures import UsageError
from warehouse.config import CODE_ROOT, Home
from warehouse.landing import quarantine_folder
from warehouse.ledger import Ledger, LoadRecord

REGISTRY = CODE_ROOT / "dbt_project" / "seeds"
NOON = datetime(2015, 7, 1, 12)
ROWS = [
    ("DOS-05", "cột «Đơn vị giải quyết» ghi «Sở Tư Phap»"),
    ("DOS-05;DOS-06", "cột «Đơn vị tiếp nhận» ghi «Sở Tư Phap»; cột «Đơn vị giải quyết» ghi «Zzz»"),
    ("DOS-05", "cột «Đơn vị giải quyết» ghi «••• (13 ký tự)»"),
    # Quoted for another reason: its agency is not asked about.
    ("DOS-04", "cột «Đơn vị giải quyết» ghi «Sở Nội Vu»"),
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    folder = quarantine_folder(home, "dossiers", "a" * 16)
    folder.mkdir(parents=True)
    pq.write_table(
        pa.table({"rule_codes": [c for c, _ in ROWS], "detail": [d for _, d in ROWS]}), folder / "rows.parquet"
    )
    Ledger(home).append_load(
        LoadRecord(
            load_seq=1,
            load_id="a" * 16,
            source="dossiers",
            original_name="hoso.csv",
            sha256="a" * 64,
            size_bytes=1,
            delivered_at=NOON,
            loaded_at=NOON,
            contract_version="1",
            verdict_status="accepted",
            rows_read=3,
            rows_quarantined=3,
        )
    )
    return home


def test_the_nearest_aliases_are_proposed_by_frequency(home: Home) -> None:
    frequent, rare = suggest_aliases(home, REGISTRY)
    assert (frequent.name, frequent.n_rows, frequent.nearest[0]["agency_id"]) == ("Sở Tư Phap", 2, "STP")
    assert (rare.name, rare.n_rows, rare.nearest) == ("Zzz", 1, [])


def test_the_lines_are_rows_of_the_aliases_file(home: Home) -> None:
    text = io.StringIO()
    show_suggestions(PlainConsole(file=text), suggest_aliases(home, REGISTRY, 1))
    lines = [line.partition("    #")[0] for line in text.getvalue().splitlines() if line and not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert rows[0] == {
        "alias": "Sở Tư Phap",
        "agency_id": "STP",
        "valid_from": "2011-01-01",
        "valid_to": "",
        "basis": "written_in_files",
    }


def test_a_load_that_does_not_exist_is_refused(home: Home) -> None:
    with pytest.raises(UsageError, match="there is no load 7"):
        suggest_aliases(home, REGISTRY, 7)


def test_a_home_without_trouble_gets_no_suggestion(tmp_path: Path) -> None:
    text = io.StringIO()
    show_suggestions(PlainConsole(file=text), suggest_aliases(Home(tmp_path), REGISTRY))
    assert text.getvalue() == "No row is set aside for the name of an agency.\n"
