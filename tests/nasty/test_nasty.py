"""The nasty folder: one small delivery per fault of real files, each with a line that declares its result."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.build.building import check_registry_step
from flows.load.loading import collect, conform, judge, land
from flows.night import Night
from tests.support.night_homes import THREE_AGENCIES
from warehouse.config import Settings
from warehouse.landing import sweep_staging
from warehouse.ledger import LoadRecord

NASTY = Path(__file__).parent
COUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_excluded", "rows_held")


def _read_index() -> dict[str, dict[str, str]]:
    with (NASTY / "index.csv").open(encoding="utf-8", newline="") as index:
        return {line["file"]: line for line in csv.DictReader(index)}


INDEX = _read_index()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadRecord]:
    """The ledger record of every file after the first half of one night, by source and name."""
    settings = Settings(
        home=tmp_path_factory.mktemp("nasty") / "home", registry=THREE_AGENCIES / "registry", settle_seconds=0
    )
    shutil.copytree(NASTY / "inbox", settings.layout.inbox)
    night = Night(settings)
    sweep_staging(night.home)
    check_registry_step(night)
    return {
        f"{source}/{record.original_name}": record
        for source in sorted(folder.name for folder in (NASTY / "inbox").iterdir())
        for record in land(night, source, judge(night, source, conform(night, source, collect(night, source))))
    }


@pytest.mark.parametrize("file", INDEX)
def test_a_file_ends_as_declared(file: str, records: dict[str, LoadRecord]) -> None:
    line, record = INDEX[file], records[file]
    found: dict[str, Any] = {"verdict": record.verdict_status} | {name: getattr(record, name) for name in COUNTS}
    assert found == {"verdict": line["verdict"]} | {name: int(line[name]) for name in COUNTS}, record.reason
    assert line["reason"] in (record.reason or "")
    # The reason names what the reader left out of an accepted file; the line must declare it.
    assert (record.reason is None) == (line["reason"] == "")
    assert line["encoding"] in ("", record.encoding)
    assert record.rows_read == sum(found[name] for name in COUNTS[1:])
    broken = {rule.rule_code for rule in record.rules if rule.n_failed and rule.severity == "critical"}
    assert broken == set(line["rules"].split())


def test_no_file_is_without_a_line_and_no_line_without_a_file(records: dict[str, LoadRecord]) -> None:
    assert set(records) == set(INDEX)
    inbox = NASTY / "inbox"
    delivered = {path.relative_to(inbox).as_posix() for path in inbox.rglob("*") if path.is_file()}
    assert {f"{record.source}/{record.container or record.original_name}" for record in records.values()} == delivered
    assert len(delivered) >= 60
    assert all((inbox / name).stat().st_size < 10_000 for name in delivered)


def test_no_reason_is_a_traceback(records: dict[str, LoadRecord]) -> None:
    reasons = {file: record.reason for file, record in records.items() if record.reason}
    assert not [file for file, reason in reasons.items() if "Traceback" in reason or "Error" in reason]
