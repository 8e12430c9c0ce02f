"""Thirty deliveries in ten nights and in one: the publication depends on the deliveries only."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flows.build.building import check_registry_step
from flows.night import Night
from flows.steps import load_source, run_night, run_plainly
from tests.support.growing_log import GrowingLog
from tests.support.night_homes import LOG, THREE_AGENCIES
from tests.support.nights import select
from warehouse.config import Home, Settings
from warehouse.lock import hold_writer_lock

FIRST_DAY = date(2024, 2, 1)


def load_log(settings: Settings) -> None:
    """The first half of a night for the log."""
    night = Night(settings)
    with hold_writer_lock(night.home, "test"):
        check_registry_step(night)
        for source in LOG:
            load_source(night, source, run_plainly)


def published(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table made of deliveries; file names replace load numbers, which depend on nights."""
    tables = select(
        home,
        "select schema_name || '.' || table_name, bool_or(column_name = 'load_seq') from duckdb_columns() "
        "where not internal and schema_name <> 'quality' group by all order by all",
    )
    named = "replace ((select l.original_name from quality.load_ledger as l where l.load_seq = t.load_seq) as load_seq)"
    return {
        table: select(home, f"select * {named if has_load else ''} from {table} as t order by all")
        for table, has_load in tables
    }


def verdicts(home: Home) -> list[tuple[Any, ...]]:
    """The verdict of each file."""
    return select(
        home,
        "select source, original_name, verdict_status, rows_read, rows_accepted, rows_quarantined, rows_duplicate, "
        "rows_excluded from quality.load_ledger order by all",
    )


def test_thirty_deliveries_in_ten_nights_publish_what_one_night_does(tmp_path: Path) -> None:
    registry = Path(shutil.copytree(THREE_AGENCIES / "registry", tmp_path / "registry"))
    grown, whole = (Settings(home=tmp_path / name, registry=registry, settle_seconds=0) for name in ("grown", "whole"))
    inbox = grown.layout.inbox
    log = GrowingLog(seed=5)
    for number in range(30):
        day = FIRST_DAY + timedelta(days=3 * number)
        log.export(inbox, day, new=7 if number else 60)
        if number == 14:
            # A publication of an earlier day in between does not change the last one.
            run_night(Night(grown, as_of=day - timedelta(days=11)))
            with (registry / "calendar_overrides.csv").open("a", encoding="utf-8") as overrides:
                overrides.write("2024-03-05,0,Ngày nghỉ thử nghiệm,QĐ thử nghiệm 04/2024\n")
            for source in ("assessments", "survey_responses"):
                shutil.copytree(THREE_AGENCIES / "inbox" / source, inbox / source)
        elif number % 3 == 2 and number < 29:
            load_log(grown)
    shutil.copytree(inbox, whole.layout.inbox)
    for settings in (grown, whole):
        run_night(Night(settings))

    assert verdicts(grown.layout) == verdicts(whole.layout)
    rows, expected = published(grown.layout), published(whole.layout)
    assert len(rows["core.fct_dossier"]) > 200
    assert rows.keys() == expected.keys()
    for table, found in rows.items():
        assert found == expected[table], table
