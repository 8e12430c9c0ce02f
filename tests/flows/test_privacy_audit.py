"""`cchc privacy audit` finds every personal value outside the archive, and names its place without the value."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from flows.cli.console import PlainConsole
from flows.failures import UsageError
from flows.privacy.audit import Audit, audit_home, show_audit
from ingest.privacy import personal_kinds
from tests.flows.test_leaks import GOOD, HEADERS, PERIOD, csv_of, load_all
from tests.nights.test_privacy_scan import in_duckdb, in_sqlite
from warehouse.config import Settings
from warehouse.lock import hold_writer_lock

VALUES = {
    "name": "Tô Thị Mô Phỏng Lộ",
    "identity": "079123456789",
    "phone": "0912 345 678",
    "email": "to.thi.lo@example.vn",
    "address": "12/7 đường Mô Phỏng, Vạn Thắng",
}
COLUMNS = ("Chủ hồ sơ", "Số giấy tờ", "Số điện thoại", "Email", "Địa chỉ")


def in_parquet(path: Path, text: str) -> None:
    query = "select case when i = 500 then $text end as v from range(1000) as r(i)"
    duckdb.connect().execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)", {"text": text})


PLACES: dict[str, Callable[[Path, str], None]] = {
    "landing/dossiers/load_id=1/{}.parquet": in_parquet,
    "quarantine/dossiers/load_id=1/{}.parquet": in_parquet,
    "ledger/notes/{}.json": lambda path, text: path.write_text(json.dumps({"reason": ["một", f"ô {text}, hai"]})),
    "build/{}.duckdb": in_duckdb,
    "publications/0001/open/{}.parquet": in_parquet,
    "docs/data/{}.html": lambda path, text: path.write_text(f"<p>\n<td>{text}</td>"),
    "prefect/{}.db": in_sqlite,
    "prefect/logs/{}.log": lambda path, text: path.write_text(f"\n\n02:00 | ERROR | dòng 7: {text}\n"),
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    def deliver(folder: Path) -> None:
        headers = ";".join([HEADERS.removesuffix(";Chủ hồ sơ;Số giấy tờ"), *COLUMNS])
        row = ";".join([GOOD.removesuffix(";A;1"), *VALUES.values()])
        (folder / f"hoso{PERIOD}.csv").write_bytes(csv_of(headers, row))

    settings, (load,) = load_all(tmp_path_factory.mktemp("audited"), deliver)
    assert (load.verdict_status, load.rows_accepted) == ("accepted", 1)
    return settings


def test_values_planted_in_forty_places_are_all_found(settings: Settings) -> None:
    assert audit_home(settings).findings == []
    root = settings.layout.root
    planted = {name.format(kind): kind for name in PLACES for kind in VALUES}
    assert len(planted) == 40
    for name, plant in PLACES.items():
        for kind, text in VALUES.items():
            path = root / name.format(kind)
            path.parent.mkdir(parents=True, exist_ok=True)
            plant(path, text)
    audit = audit_home(settings)
    assert {(one.file, one.kind) for one in audit.findings} >= planted.items()
    assert {one.file for one in audit.findings} == set(planted)
    found = {(one.file, one.kind): one for one in audit.findings}
    assert found["landing/dossiers/load_id=1/name.parquet", "name"].line == 501
    assert found["prefect/logs/name.log", "name"].line == 3
    by_table = [one for one in audit.findings if one.file == "build/name.duckdb" and one.table]
    assert [(one.table, one.column, one.line) for one in by_table] == [("s.t", "v", 1)]
    shown = output_of(audit)
    assert not [text for text in VALUES.values() if text in shown]
    assert "prefect/logs/name.log, line 3: name" in shown


def test_a_number_that_no_delivery_has_is_found_by_its_form(settings: Settings) -> None:
    in_parquet(settings.layout.landing / "dossiers" / "other.parquet", "gọi 0987654321")
    (found,) = (one for one in audit_home(settings).findings if one.file.endswith("other.parquet"))
    assert (found.column, found.line, found.kind) == ("v", 501, "phone")


def test_the_audit_waits_for_the_end_of_a_night(settings: Settings) -> None:
    with hold_writer_lock(settings.layout, "cchc nightly"), pytest.raises(UsageError, match="is writing the home"):
        audit_home(settings)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("079123456789", ["identity"]),
        ("gọi 0912345678 nhé", ["phone"]),
        ("a.b@example.vn", ["email"]),
        ("0.995675954", []),
        ("1.004194.000.00.00.H56", []),
        ("7c9e6679-7425-40de-944b-123456789012", []),
        ("123456789abc", []),
    ],
)
def test_only_a_number_that_stands_alone_is_that_of_a_person(text: str, kinds: list[str]) -> None:
    assert personal_kinds(text) == kinds


def output_of(audit: Audit) -> str:
    console = PlainConsole(file=io.StringIO(), width=200)
    show_audit(console, audit)
    return str(console.file.getvalue())  # type: ignore[attr-defined]
