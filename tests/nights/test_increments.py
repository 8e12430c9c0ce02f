"""Thirty increments against one full load: equal in every row; and what makes a build a full one."""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.build.building import Decision, build_core, build_marts, run_methods
from flows.night import Night
from ingest.registry.registry import write_registry
from tests.support.dbt_home import land_rows, make_inputs, read_rows
from tests.support.growing_log import Delivery, GrowingLog
from warehouse.config import CODE_ROOT, Home, Settings
from warehouse.engine import BuildFailedError, BuildReport, DbtProject
from warehouse.ledger import Ledger, LoadRecord

REGISTRY = CODE_ROOT / "tests" / "provinces" / "three_agencies" / "registry"
ROW_LEVEL = ("core.fct_dossier", "intermediate.int_dossier_pauses_merged", "intermediate.int_dossier_notices_judged")
FIRST_DAY = date(2024, 2, 1)
ASSESSED = "a" * 16
ASSESSMENTS = [
    {
        "year": 2024,
        "agency_id": agency_id,
        "workbook": "appraisal",
        "criterion_code": "1.1",
        "max_points": 5,
        "appraised_points": 4,
        "is_applicable": True,
    }
    for agency_id in ("T99.01", "T99.02", "T99.03")
]


class DossiersOnly(DbtProject):
    """Parsed once; builds what leads to the tables that are kept, or whatever is asked for once all is wanted."""

    is_all_wanted = False
    is_killed = False

    def parse(self) -> None:
        if self._manifest is None:
            super().parse()

    def build(self, *selection: str, former_day: date | None = None) -> BuildReport:
        if not self.is_all_wanted:
            last = "fct_dossier" if self.is_killed else "config.materialized:incremental"
            selection = ("--select", f"+{last}", "--exclude-resource-type", "test")
        report = super().build(*selection, former_day=former_day)
        if self.is_killed:
            raise BuildFailedError("killed before the notices")
        return report


class Province:
    """A home that takes deliveries as if they had been loaded, and builds as a night does."""

    def __init__(self, root: Path, registry: Path) -> None:
        make_inputs(root, assessments=ASSESSMENTS)
        self.settings = Settings(home=root, registry=registry)
        self.project = DossiersOnly(self.settings)
        self.ledger = Ledger(self.home)
        self._enter("assessments", ASSESSED, len(ASSESSMENTS), date(2024, 1, 31))

    @property
    def home(self) -> Home:
        return self.settings.layout

    def take(self, delivery: Delivery) -> None:
        load_id = f"{self.ledger.next_load_seq():016x}"
        land_rows(self.home, delivery.source, load_id, delivery.rows)
        if delivery.deleted:
            land_rows(self.home, "dossiers_deleted", load_id, [{"dossier_code": code} for code in delivery.deleted])
        self._enter(delivery.source, load_id, len(delivery.rows), delivery.until)

    def build(self, as_of: date) -> str:
        """Returns what the night says that it built."""
        night, decision = Night(self.settings, as_of=as_of), Decision(True, "", as_of, "0" * 64)
        night.dbt = self.project
        write_registry(self.settings.registry, night.registry_parquet, date(2026, 12, 31))
        build_core(night, decision)
        if self.project.is_all_wanted:
            run_methods(night, decision)
            build_marts(night)
        return night.scope

    def build_everything(self, as_of: date) -> str:
        (self.home.build / "state.json").unlink(missing_ok=True)
        return self.build(as_of)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return read_rows(self.home, f"select * from {table} order by all")

    def published(self) -> list[str]:
        query = (
            "select schema_name || '.' || table_name as name from duckdb_tables() "
            "where schema_name in ('core', 'timeliness', 'cchc', 'satisfaction', 'programme') order by 1"
        )
        return [row["name"] for row in read_rows(self.home, query)]

    def _enter(self, source: str, load_id: str, rows: int, until: date) -> None:
        moment = datetime(2024, 1, 1)
        record = LoadRecord(
            load_seq=self.ledger.next_load_seq(),
            load_id=load_id,
            source=source,
            original_name=f"{load_id}.csv",
            sha256=load_id * 4,
            size_bytes=1,
            delivered_at=moment,
            loaded_at=moment,
            contract_version="1",
            verdict_status="accepted",
            rows_read=rows,
            rows_accepted=rows,
            data_until=until,
        )
        self.ledger.append_load(record)


@pytest.fixture
def provinces(tmp_path: Path) -> tuple[Province, Province]:
    """One that grows night by night and one that is built at once, with one registry."""
    registry = tmp_path / "registry"
    shutil.copytree(REGISTRY, registry)
    return Province(tmp_path / "grown", registry), Province(tmp_path / "whole", registry)


def append_line(registry: Path, table: str, line: str) -> None:
    with (registry / f"{table}.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def test_thirty_increments_end_where_one_full_load_does(provinces: tuple[Province, Province]) -> None:
    grown, whole = provinces
    registry = grown.settings.registry
    log = GrowingLog(seed=5)
    scopes: dict[int, str] = {}
    for step in range(31):
        # Saturdays and Sundays among them; on step 15 the data date stays, on step 18 it goes back.
        day = FIRST_DAY + timedelta(days=3 * step)
        as_of = day - timedelta(days={15: 3, 18: 11}.get(step, 0))
        for delivery in log.deliver(day, new=7 if step else 60):
            grown.take(delivery)
            whole.take(delivery)
        if step == 12:
            append_line(registry, "calendar_overrides", "2024-03-05,0,Ngày nghỉ thử nghiệm,QĐ thử nghiệm 04/2024")
        if step == 24:
            append_line(registry, "procedures", "9.999999,2021-07-01,,Thử nghiệm,ho_tich,8,working_day,3,,illustrative")
        if step == 7:
            grown.project.is_killed = True
            with pytest.raises(BuildFailedError):
                grown.build(as_of)
            grown.project.is_killed = False
        if step == 30:
            grown.project.is_all_wanted = whole.project.is_all_wanted = True
        scopes[step] = grown.build(as_of)
        if step in (10, 20, 30):
            assert whole.build_everything(as_of).startswith("built everything")
            for table in ROW_LEVEL:
                assert grown.rows(table) == whole.rows(table), (step, table)
    assert {step: scope for step, scope in scopes.items() if scope.startswith("built everything")} == {
        0: "built everything: no finished build is there to add to",
        7: "built everything: no finished build is there to add to",
        12: "built everything: the calendar changed",
        18: "built everything: the data date went back from 2024-03-23 to 2024-03-15",
        24: "built everything: registry/procedures.csv changed",
    }
    counts = [re.findall(r"built (\d+) of (\d+) dossiers", scope) for scope in scopes.values()]
    built, there = (sum(int(found[0][part]) for found in counts if found) for part in (0, 1))
    # Most of so young a log is open, or told of anew.
    assert 0 < built < 0.9 * there
    for table in grown.published():
        assert grown.rows(table) == whole.rows(table), table
