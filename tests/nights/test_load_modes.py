"""Interaction of loads: an older file delivered late, a deleted row, a full export, a file that is judged again."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from flows.build.building import check_registry_step
from flows.build.inputs import write_ledger
from flows.failures import UsageError
from flows.load.holding import hold_load
from flows.load.loading import collect, conform, judge, land
from flows.load.retry import release_row, retry_load
from flows.night import Night
from ingest.contract import Contract, load_contracts
from tests.support.dbt_home import read_rows
from tests.support.night_homes import HOME_NAME, THREE_AGENCIES
from tests.support.nights import query
from warehouse.config import CODE_ROOT, Settings
from warehouse.engine import DbtProject
from warehouse.landing import prepare_source
from warehouse.ledger import Ledger, LoadRecord, RunRecord
from warehouse.staging import sweep_staging

HEADER = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái;DeletedOn"
CODES = {name: f"T99.01-240103-000{n}" for n, name in enumerate(("late", "gone", "back", "fixed", "both"), start=1)}


def row(name: str, finished: str = "15/01/2024 10:00", *, deleted: str = "", agency: str = "Sở Xây dựng") -> str:
    code = CODES.get(name, name)
    return f"{code};1.000110;{agency};{agency};03/01/2024 08:30;{finished};Đã xử lý xong;{deleted}"


def deliver(settings: Settings, name: str, *rows: str) -> None:
    path = settings.layout.inbox / "dossiers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


def load_inbox(settings: Settings) -> list[LoadRecord]:
    """The first half of a night for the dossiers."""
    night = Night(settings)
    sweep_staging(night.home)
    check_registry_step(night)
    source = "dossiers"
    return land(night, source, judge(night, source, conform(night, source, collect(night, source))))


def deleted_keys(settings: Settings) -> list[tuple[str, int]]:
    pattern = str(settings.layout.landing / "dossiers_deleted" / "*" / "*.parquet")
    return query(None, "select dossier_code, line from read_parquet(?) order by all", pattern)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / HOME_NAME, registry=THREE_AGENCIES / "registry", settle_seconds=0)


def test_the_latest_data_date_wins_and_a_deleted_row_is_gone_until_it_is_sent_again(settings: Settings) -> None:
    deliver(settings, "a_20240101_20240131.csv", *(row(name) for name in ("gone", "back", "fixed", "both")))
    whole = [
        row("late", "20/01/2024 10:00"),
        row("gone", deleted="31/01/2024"),
        row("back", deleted="31/01/2024"),
        row("fixed"),
        row("both", deleted="31/01/2024"),
        row("both", "22/01/2024 10:00"),
    ]
    deliver(settings, "b_20240101_20240331.csv", *whole)
    first, second = load_inbox(settings)
    assert (first.data_from, first.data_until) == (date(2024, 1, 1), date(2024, 1, 31))
    assert (second.rows_read, second.rows_accepted, second.excluded) == (6, 3, {"deleted": 3})
    assert deleted_keys(settings) == [(CODES["gone"], 3), (CODES["back"], 4)]
    deliver(settings, "c_20240101_20240228.csv", row("late", "11/01/2024 10:00"), row("gone"))
    deliver(settings, "d_20240101_20240331.csv", *whole[:3], row("fixed", "23/01/2024 10:00"), *whole[4:])
    deliver(settings, "e_20240101_20240430.csv", row("back", "24/01/2024 10:00"))
    # The older file is accepted late; its rows in the landing rank below those of a later day.
    assert [(load.verdict_status, load.rows_read, load.rows_accepted) for load in load_inbox(settings)] == [
        ("accepted", 2, 2),
        ("accepted", 6, 3),
        ("accepted", 1, 1),
    ]
    # Neither a row nor a deletion of a load that was taken back out counts.
    deliver(settings, "f_20240101_20240430.csv", row("fixed", "25/01/2024 10:00"), row("late", deleted="30/04/2024"))
    (taken_out,) = load_inbox(settings)
    assert (taken_out.load_seq, taken_out.rows_accepted) == (6, 1)
    assert hold_load(settings, 6, "Sở rút lại báo cáo").load_seq == 7

    home, ledger = settings.layout, Ledger(settings.layout)
    run = RunRecord("0001", first.loaded_at, date(2024, 4, 30), "0", "1", "1", 0, [])
    write_ledger(home.inputs / "ledger", ledger.loads(), [], run, run.as_of_date)
    prepare_source(home, "dossier_events", load_contracts()["dossier_events"].landing_schema())
    DbtProject(settings).build("--select", "+int_dossiers_latest", "--exclude-resource-type", "unit_test")
    found = read_rows(
        home, "select dossier_code, load_seq, day(finished_at) as day from intermediate.int_dossiers_latest"
    )
    states = {found_row["dossier_code"]: (found_row["load_seq"], found_row["day"]) for found_row in found}
    assert states == {
        CODES["late"]: (4, 20),
        CODES["back"]: (5, 24),
        CODES["fixed"]: (4, 23),
        CODES["both"]: (4, 22),
    }


def test_the_ledger_records_repeated_bytes_and_rows(settings: Settings) -> None:
    rows = [row("late"), row("late", "16/01/2024 10:00"), row("gone"), row("late", "17/01/2024 10:00")]
    deliver(settings, "a_20240101_20240131.csv", *rows)
    deliver(settings, "a_ban_sao_20240101_20240331.csv", *rows)
    known, taken = load_inbox(settings)
    assert (known.verdict_status, known.rows_read, known.load_id) == ("known", 0, taken.load_id)
    assert known.reason == "cùng nội dung với một tệp khác của đêm nay"
    assert (taken.original_name, taken.rows_read, taken.rows_accepted, taken.rows_duplicate) == (
        "a_20240101_20240131.csv",
        4,
        2,
        2,
    )
    assert [line for line, _ in landed_lines(settings, taken)] == [4, 5], "the last row of a key is the one that stays"
    assert load_inbox(settings) == [], "a file that stays in the inbox is not taken again"

    deliver(settings, "a_gui_lai_20240101_20240131.csv", *rows)
    deliver(settings, "b_20240101_20240131.csv", *rows[:3], row("late", "18/01/2024 10:00"))
    known, changed = load_inbox(settings)
    assert (known.verdict_status, known.reason) == ("known", f"cùng nội dung với {taken.label}")
    assert (changed.verdict_status, changed.rows_read, changed.rows_accepted, changed.rows_duplicate) == (
        "accepted",
        4,
        2,
        2,
    )
    assert [line for line, _ in landed_lines(settings, changed)] == [4, 5]


def test_coverage_lands_with_its_load_also_in_an_older_home(settings: Settings) -> None:
    deliver(settings, "a_20240101_20240131.csv", row("late"), row("fixed"))
    (load,) = load_inbox(settings)
    file = settings.layout.landing / "coverage" / "dossiers" / f"load_id={load.load_id}" / "part-0.parquet"
    rows = "select * exclude (load_id) from read_parquet(?)"
    written = query(None, rows, str(file))
    assert [one[2:] for one in written] == [(date(2024, 1, 3), date(2024, 1, 3))]
    shutil.rmtree(settings.layout.landing / "coverage")
    assert load_inbox(settings) == []
    assert query(None, rows, str(file)) == written


def test_a_file_of_deleted_rows_only_is_taken(settings: Settings) -> None:
    deliver(settings, "a_20240101_20240131.csv", row("gone", deleted="31/01/2024"))
    (load,) = load_inbox(settings)
    assert (load.verdict_status, load.rows_read, load.excluded) == ("accepted", 1, {"deleted": 1})
    assert deleted_keys(settings) == [(CODES["gone"], 2)]


@pytest.mark.parametrize("source", sorted(load_contracts()))
def test_staging_takes_the_loads_that_the_load_mode_leaves(source: str) -> None:
    landing = CODE_ROOT / "dbt_project" / "models" / "staging" / "landing"
    staged = (landing / f"stg_{source}.sql").read_text(encoding="utf-8")
    is_replaced = load_contracts()[source].load_mode == "replace_period"
    assert ("ref('stg_loads_not_replaced')" in staged, "ref('stg_current_loads')" in staged) == (
        is_replaced,
        not is_replaced,
    )


def test_a_full_export_needs_a_period() -> None:
    declared = load_contracts()["dossiers"].model_dump()
    assert Contract.model_validate({**declared, "load_mode": "replace_period"}).load_mode == "replace_period"
    with pytest.raises(ValueError, match="what a delivery replaces is what its period covers"):
        Contract.model_validate({**declared, "load_mode": "replace_period", "period": {}})


# Judged again


def landed_lines(settings: Settings, load: LoadRecord) -> list[tuple[int, str | None]]:
    pattern = str(settings.layout.landing / "dossiers" / f"load_id={load.load_id}" / "*.parquet")
    return query(None, "select line, marks from read_parquet(?) order by line", pattern)


def with_alias(settings: Settings, tmp_path: Path, alias: str) -> Settings:
    """The same home after the registry has one more name."""
    registry = shutil.copytree(settings.registry, tmp_path / "registry")
    with (registry / "agency_aliases.csv").open("a", encoding="utf-8") as table:
        table.write(f"{alias},T99.01,2021-07-01,,illustrative\n")
    return settings.model_copy(update={"registry": registry})


@pytest.fixture
def partly_right(settings: Settings) -> tuple[Settings, LoadRecord]:
    """Line 3 names an unknown agency, line 4 ends after the data date."""
    deliver(
        settings,
        "a_20240101_20240131.csv",
        row("late"),
        row("gone", agency="Sở Xây dựng và Quy hoạch"),
        row("back", "02/02/2024 10:00"),
    )
    (load,) = load_inbox(settings)
    assert (load.rows_accepted, load.rows_quarantined, load.needs_attention) == (1, 2, True)
    return settings, load


def test_a_row_lands_once_the_registry_knows_its_agency(
    partly_right: tuple[Settings, LoadRecord], tmp_path: Path
) -> None:
    settings, first = partly_right
    written = (settings.layout.loads / "000001.json").read_bytes()
    extended = with_alias(settings, tmp_path, "Sở Xây dựng và Quy hoạch")
    again = retry_load(extended, 1)
    assert (again.load_seq, again.load_id, again.verdict_status) == (2, first.load_id, "accepted")
    assert (again.rows_accepted, again.rows_quarantined, again.reason) == (2, 1, "xét lại lần nạp 1")
    assert [line for line, _ in landed_lines(settings, again)] == [2, 3]
    assert (settings.layout.loads / "000001.json").read_bytes() == written
    loads = Ledger(settings.layout).loads()
    assert [(load.superseded_by, load.needs_attention, load.arrival_seq) for load in loads] == [
        (2, False, 1),
        (None, True, 1),
    ]
    third = retry_load(extended, 2)
    assert (third.arrival_seq, third.reason) == (1, "xét lại lần nạp 2")
    assert [load.superseded_by for load in Ledger(settings.layout).loads()] == [3, 3, None]


def test_a_row_is_accepted_by_decision(partly_right: tuple[Settings, LoadRecord], tmp_path: Path) -> None:
    settings, first = partly_right
    released = release_row(settings, 1, 4, "Sở xác nhận ngày trên giấy")
    assert (released.rows_accepted, released.rows_quarantined) == (2, 1)
    assert [line for line, _ in landed_lines(settings, released)] == [2, 4]
    assert str(landed_lines(settings, released)[1][1]).split(";")[-1] == "released"
    (path,) = settings.layout.released_rows.glob("*.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert (record["load_id"], record["line"], record["reason"]) == (first.load_id, 4, "Sở xác nhận ngày trên giấy")
    complete = retry_load(with_alias(settings, tmp_path, "Sở Xây dựng và Quy hoạch"), 2)
    assert (complete.rows_accepted, complete.rows_quarantined, complete.needs_attention) == (3, 0, False)
    assert not list(settings.layout.quarantine.glob("dossiers/load_id=*"))


def test_a_held_file_that_was_sent_again_and_taken_is_not_taken_twice(settings: Settings, tmp_path: Path) -> None:
    rows = [row(f"T99.01-240103-1{n:03}", agency="Sở Xây dựng và Quy hoạch") for n in range(12)]
    deliver(settings, "a_20240101_20240131.csv", *rows)
    (held,) = load_inbox(settings)
    extended = with_alias(settings, tmp_path, "Sở Xây dựng và Quy hoạch")
    deliver(settings, "b_20240101_20240131.csv", *rows)
    (taken,) = load_inbox(extended)
    assert (held.verdict_status, taken.verdict_status, taken.load_id) == ("held", "accepted", held.load_id)
    with pytest.raises(UsageError, match="was sent again and taken by load 2"):
        retry_load(extended, 1)


def test_a_held_file_is_taken_without_being_sent_again(settings: Settings, tmp_path: Path) -> None:
    rows = [row(f"T99.01-240103-1{n:03}", agency="Sở Xây dựng và Quy hoạch") for n in range(12)]
    deliver(settings, "a_20240101_20240131.csv", *rows)
    (held,) = load_inbox(settings)
    taken = retry_load(with_alias(settings, tmp_path, "Sở Xây dựng và Quy hoạch"), 1)
    assert (held.rows_held, taken.verdict_status, taken.rows_accepted) == (12, "accepted", 12)
    assert load_inbox(settings) == []


def test_a_refused_archive_is_not_opened_by_being_judged_again(settings: Settings) -> None:
    path = settings.layout.inbox / "dossiers" / "goi_20240101_20240131.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(b"0" * 4_000_000))
    (load,) = load_inbox(settings)
    assert load.verdict_status == "unreadable"
    with pytest.raises(UsageError, match=r"is still refused: .*gấp hơn 200 lần"):
        retry_load(settings, load.load_seq)
    assert len(Ledger(settings.layout).loads()) == 1
    assert list(settings.layout.staging.iterdir()) == []


def test_an_accepted_load_is_taken_out_and_in_again(settings: Settings) -> None:
    rows = [row("late"), row("late", "16/01/2024 10:00"), row("gone", deleted="31/01/2024"), row("back")]
    deliver(settings, "a_20240101_20240131.csv", *rows)
    (taken,) = load_inbox(settings)
    assert (taken.rows_accepted, taken.rows_duplicate, taken.rows_excluded) == (2, 1, 1)
    written = (settings.layout.loads / "000001.json").read_bytes()
    held = hold_load(settings, 1, "Sở rút lại báo cáo")
    assert (held.verdict_status, held.rows_accepted, held.rows_held, held.rows_excluded) == ("held", 0, 3, 1)
    assert (held.needs_attention, held.arrival_seq, held.held_for) == (True, 1, "Sở rút lại báo cáo")
    assert "giữ lại theo quyết định" in (held.reason or "")
    assert (settings.layout.loads / "000001.json").read_bytes() == written
    assert [load.counts for load in Ledger(settings.layout).loads()] == [False, False]
    # The same bytes under another name are not a way around the decision.
    deliver(settings, "b_20240101_20240131.csv", *rows)
    (again,) = load_inbox(settings)
    assert (again.verdict_status, again.rows_held) == ("held", 3)
    assert "lần nạp 2, đã giữ lại theo quyết định: Sở rút lại báo cáo" in (again.reason or "")
    back = retry_load(settings, 2)
    assert (back.verdict_status, back.rows_accepted, back.held_for) == ("accepted", 2, None)
    assert [load.counts for load in Ledger(settings.layout).loads()] == [False, False, False, True]


def expire(settings: Settings) -> None:
    shutil.rmtree(settings.layout.archive)


@pytest.mark.parametrize(
    ("before", "act", "message"),
    [
        (None, lambda settings: retry_load(settings, 7), "there is no load 7"),
        (expire, lambda settings: retry_load(settings, 1), "the archive of load 1 .* has expired"),
        (None, lambda settings: release_row(settings, 1, 2, "x"), "line 2 of load 1 was not set aside"),
        (None, lambda settings: release_row(settings, 1, 4, " "), "give the reason of the decision"),
        (None, lambda settings: hold_load(settings, 7, "x"), "there is no load 7"),
        (None, lambda settings: hold_load(settings, 1, " "), "give the reason of the decision"),
        (
            lambda settings: hold_load(settings, 1, "x"),
            lambda settings: hold_load(settings, 1, "x"),
            "was judged again by load 2",
        ),
        (
            lambda settings: hold_load(settings, 1, "x"),
            lambda settings: hold_load(settings, 2, "x"),
            "is not accepted: held",
        ),
        (
            lambda settings: retry_load(settings, 1),
            lambda settings: retry_load(settings, 1),
            "was judged again by load 2",
        ),
    ],
)
def test_a_load_that_cannot_be_judged_again_is_refused_with_a_reason(
    partly_right: tuple[Settings, LoadRecord],
    before: Callable[[Settings], object] | None,
    act: Callable[[Settings], object],
    message: str,
) -> None:
    settings, _ = partly_right
    if before:
        before(settings)
    n_loads = len(Ledger(settings.layout).loads())
    with pytest.raises(UsageError, match=message):
        act(settings)
    assert len(Ledger(settings.layout).loads()) == n_loads
