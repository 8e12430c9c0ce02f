"""The nasty folder: one small delivery per fault of real files, each with a line that declares its result.

`inbox` is judged by the registry of three agencies; `cases/inbox`, files that were found outside, by that of the demo.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.build.building import check_registry_step
from flows.load.columns import describe_changes
from flows.load.loading import collect, conform, judge, land
from flows.night import Night
from tests.support.registries import DEMO, THREE_AGENCIES
from warehouse.config import Settings
from warehouse.landing import quarantine_folder
from warehouse.ledger import LoadRecord
from warehouse.staging import sweep_staging

NASTY = Path(__file__).parent
REGISTRIES = {"": THREE_AGENCIES, "cases": DEMO}
COUNTS = ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate", "rows_excluded", "rows_held")


def _read_index() -> dict[tuple[str, str], dict[str, str]]:
    lines = {}
    for folder in REGISTRIES:
        with (NASTY / folder / "index.csv").open(encoding="utf-8", newline="") as index:
            lines |= {(folder, line["file"]): line for line in csv.DictReader(index)}
    return lines


INDEX = _read_index()
Records = dict[tuple[str, str], LoadRecord]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Records, dict[str, Night]]:
    """The ledger record of every file after the first half of one night, by folder, and by source and name."""
    found, nights = {}, {}
    for folder, registry in REGISTRIES.items():
        settings = Settings(home=tmp_path_factory.mktemp("nasty") / "home", registry=registry, settle_seconds=0)
        inbox = NASTY / folder / "inbox"
        shutil.copytree(inbox, settings.layout.inbox)
        night = nights[folder] = Night(settings)
        sweep_staging(night.home)
        check_registry_step(night)
        for source in sorted(path.name for path in inbox.iterdir()):
            for record in land(night, source, judge(night, source, conform(night, source, collect(night, source)))):
                found[folder, f"{source}/{record.original_name}"] = record
    return found, nights


@pytest.fixture(scope="module")
def records(nights: tuple[Records, dict[str, Night]]) -> Records:
    """The records of `nights`."""
    return nights[0]


@pytest.mark.parametrize("file", INDEX, ids="".join)
def test_a_file_ends_as_declared(file: tuple[str, str], records: Records) -> None:
    line, record = INDEX[file], records[file]
    found: dict[str, Any] = {"verdict": record.verdict_status} | {name: getattr(record, name) for name in COUNTS}
    assert found == {"verdict": line["verdict"]} | {name: int(line[name]) for name in COUNTS}, record.reason
    assert line["reason"] in (record.reason or "")
    # The reason names what the reader left out of an accepted file; the line must declare it.
    assert (record.reason in (None, describe_changes(record.changes))) == (line["reason"] == "")
    assert line["encoding"] in ("", record.encoding)
    assert record.rows_read == sum(found[name] for name in COUNTS[1:])
    broken = {rule.rule_code for rule in record.rules if rule.n_failed and rule.severity == "critical"}
    assert broken == set(line["rules"].split())


def test_no_file_is_without_a_line_and_no_line_without_a_file(records: Records) -> None:
    assert set(records) == set(INDEX)
    delivered = {
        (folder, path.relative_to(NASTY / folder / "inbox").as_posix())
        for folder in REGISTRIES
        for path in (NASTY / folder / "inbox").rglob("*")
        if path.is_file()
    }
    assert {
        (folder, f"{record.source}/{record.container or record.original_name}")
        for (folder, _), record in records.items()
    } == delivered
    assert len(delivered) >= 60
    assert all((NASTY / folder / "inbox" / name).stat().st_size < 10_000 for folder, name in delivered)


def test_no_reason_is_a_traceback(records: Records) -> None:
    reasons = {file: record.reason for file, record in records.items() if record.reason}
    assert not [file for file, reason in reasons.items() if "Traceback" in reason or "Error" in reason]


def test_a_name_that_a_separator_pushed_into_another_column_is_shown_nowhere(
    nights: tuple[Records, dict[str, Night]],
) -> None:
    records, by_folder = nights
    record, night = records["cases", "dossiers/hoso_pii_20150101_20150630.csv"], by_folder["cases"]
    listed = pq.read_table(quarantine_folder(night.home, "dossiers", record.load_id)).to_pylist()
    assert len(listed) == record.rows_quarantined > 0
    context = night.validator.context
    results = [
        str(context.validation_results_store.get(key).to_json_dict())
        for key in context.validation_results_store.list_keys()
    ]
    assert any("DOS-04" in result for result in results)
    for text in (str(listed), *results, record.reason or ""):
        assert "Mô Phỏng" not in text
        assert "<script" not in text
