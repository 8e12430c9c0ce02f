"""The fixture of every source below tests/sources loads completely: `cchc source new` writes one per source."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.rules import load_rules
from flows.load.source_check import check_file
from ingest.contract import load_contracts
from warehouse.config import Settings

FIXTURES = sorted(Path(__file__).resolve().parents[1].glob("sources/*/*"))


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_the_fixture_of_a_source_loads_whole(fixture: Path, tmp_path: Path) -> None:
    settings, source = Settings(home=tmp_path), fixture.parent.name
    for checked in check_file(settings, fixture, source, load_contracts(), load_rules()):
        record = checked.record
        assert (record.verdict_status, record.reason, checked.rows) == ("accepted", None, [])
        assert record.rows_accepted == record.rows_read > 0
