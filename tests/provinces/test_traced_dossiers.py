"""docs/timeliness.md: twenty dossiers traced by hand, loaded as a delivery and compared with the page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from flows.build import building
from flows.load import loading
from flows.night import Night
from ingest.registry.completion import code_labels
from tests.support.dbt_home import read_rows
from tests.support.nights import ROOT
from warehouse.config import Home, Settings
from warehouse.engine import BuildReport, DbtProject

PAGE = (ROOT / "docs" / "timeliness.md").read_text(encoding="utf-8")
INBOX = ROOT / "tests" / "provinces" / "traced_dossiers" / "inbox"
DELIVERED = ("dossiers", "dossier_events")


class DossiersOnly(DbtProject):
    """The models that lead to the dossiers and their notices."""

    def build(self, *_selection: str) -> BuildReport:
        only = ("--select", "+int_dossier_notices_judged", "--indirect-selection", "cautious")
        return super().build(*only)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The steps of a night from the inbox to the dossiers, without the marts that this test does not read."""
    settings = Settings(home=tmp_path_factory.mktemp("traced") / "home", settle_seconds=0)
    shutil.copytree(INBOX, settings.layout.inbox)
    night = Night(settings)
    night.dbt = DossiersOnly(settings)
    building.check_registry_step(night)
    for source in night.contracts:
        loads: Any = loading.collect(night, source)
        if loads:
            for step in (loading.conform, loading.judge, loading.land):
                loads = step(night, source, loads)
            assert [load.verdict_status for load in loads] == ["accepted"]
            assert [load.rows_quarantined for load in loads] == [0]
    building.build_core(night, building.decide(night))
    return settings.layout


def tables_of(page: str) -> Iterator[list[dict[str, str]]]:
    """Every table of a Markdown page: its rows by the names in its header."""
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        header, _, *rows = ([cell.strip() for cell in line.strip("|\n").split(" | ")] for line in table.splitlines())
        yield [dict(zip((name.strip("` ") for name in header), row, strict=True)) for row in rows]


def table_with(*columns: str) -> list[dict[str, str]]:
    """The table of the page that has exactly these columns."""
    (table,) = [rows for rows in tables_of(PAGE) if tuple(rows[0]) == columns]
    return table


TIME = table_with(
    *("dossier_code", "deadline_length", "elapsed_days", "paused_days", "net_days", "margin_days"),
    *("due_original_date", "due_adjusted_date", "due_current_date"),
)
VERDICT = table_with(
    *("dossier_code", "end_reason", "deadline_status", "system_status", "is_paused", "is_in_due_cohort", "is_on_time"),
    "flags",
)


def printed(value: Any) -> str:
    """A value in the format of the page."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value).replace("-", "−")
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


@pytest.mark.parametrize("table", [TIME, VERDICT], ids=["time", "verdict"])
def test_every_dossier_is_published_as_on_the_page(home: Home, table: list[dict[str, str]]) -> None:
    columns = ", ".join(table[0])
    found = read_rows(home, f"select {columns} from core.fct_dossier order by right(dossier_code, 3)")
    assert [{name: printed(value) for name, value in row.items()} for row in found] == table


def test_the_page_traces_twenty_dossiers_and_quotes_what_was_sent() -> None:
    quoted = [
        line for block in re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) for line in block.split("\n")
    ]
    sent = [path.read_text(encoding="utf-8-sig").splitlines()[1:] for s in DELIVERED for path in (INBOX / s).iterdir()]
    assert sorted(line for line in quoted if line) == sorted(line for file in sent for line in file)
    assert len(TIME) == len(VERDICT) == len(re.findall(r"^### \d+\. ", PAGE, re.MULTILINE)) == 20


def test_the_calendar_of_the_page_is_that_of_the_registry(home: Home) -> None:
    by_hand = {
        datetime.strptime(f"{day}/{row['month']}", "%d/%m/%Y").date(): int(number)
        for row in table_with("month", "day:number")
        for day, number in (cell.split(":") for cell in row["day:number"].split())
    }
    found = read_rows(
        home,
        "select calendar_date, working_day_index - (select working_day_index from intermediate.int_calendar_indexed"
        " where calendar_date = '2014-12-31') as number from intermediate.int_calendar_indexed"
        " where is_working_day and calendar_date between '2015-01-01' and '2015-06-30'",
    )
    assert {row["calendar_date"]: row["number"] for row in found} == by_hand


def test_r1_counts_each_dossier_in_the_month_on_the_page(home: Home) -> None:
    found = read_rows(
        home,
        "select strftime(due_adjusted_date, '%m/%Y') as month, count(*) as n_due_cohort,"
        " count(*) filter (where is_on_time) as n_due_on_time from core.fct_dossier"
        " where is_in_flow and is_in_due_cohort group by month order by month",
    )
    assert [{name: str(value) for name, value in row.items()} for row in found] == table_with(
        "month", "n_due_cohort", "n_due_on_time"
    )


def test_every_notice_is_judged_as_on_the_page(home: Home) -> None:
    kinds = ("guidance", "supplement", "apology", "refusal", "invitation")
    found = [
        {
            "dossier_code": row["dossier_code"],
            "notice": kind,
            "issued": printed(row[f"is_{kind}_issued"]),
            "correct": printed(row[f"is_{kind}_correct"]),
        }
        for row in read_rows(
            home, "select * from intermediate.int_dossier_notices_judged order by right(dossier_code, 3)"
        )
        for kind in kinds
        if row[f"is_{kind}_required"]
    ]
    assert found == table_with("dossier_code", "notice", "issued", "correct")


def test_the_page_explains_every_flag_that_a_dossier_may_have() -> None:
    flags = {label["value"] for label in code_labels() if label["list_name"] == "dossier_flag"}
    assert {row["flags"].strip("`") for row in table_with("flags", "what was seen")} == flags
