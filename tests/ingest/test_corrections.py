"""Corrections of the registry: replaced values while a file is read, and the effect on earlier loads."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import duckdb
import pytest

from flows.build.building import check_registry_step
from flows.cli.console import PlainConsole
from flows.cli.correction_views import correction_states, show_corrections
from flows.cli.views import show_status
from flows.load.corrections import correct_landed, sources_to_correct
from flows.load.loading import collect, conform, judge, land
from flows.night import Night
from ingest.registry.registry import check_registry
from tests.support.night_homes import PLAIN, THREE_AGENCIES, LoadedHome
from tests.support.nights import Cchc, copy_home, select
from tests.support.registries import append
from warehouse.config import Settings
from warehouse.landing import archive_folder
from warehouse.ledger import Ledger, LoadRecord
from warehouse.staging import sweep_staging

HEADER = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái;Chủ hồ sơ"
FIRST, SECOND, THIRD, FOURTH = (f"T99.01-240103-000{n}" for n in range(1, 5))
WRONG, RIGHT = "17/01/2024 10:00", "15/01/2024 10:00"
REASON = "Công văn 12/SXD,Sở Xây dựng,2024-02-01"


def row(code: str, finished: str = WRONG, agency: str = "Sở Xây dựng") -> str:
    return f"{code};1.000110;{agency};{agency};03/01/2024 08:30;{finished};Đã xử lý xong;"


def deliver(settings: Settings, name: str, *rows: str) -> None:
    path = settings.layout.inbox / "dossiers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


def correct(settings: Settings, key: str, expected: str, corrected: str, column: str = "finished_at") -> None:
    append(settings.registry, "corrections.csv", f"dossiers,{key},{column},{expected},{corrected},{REASON}")


def load_inbox(settings: Settings) -> list[LoadRecord]:
    """The first half of a night for the dossiers; returns its loads, with those that a correction judged again."""
    night = Night(settings)
    sweep_staging(night.home)
    check_registry_step(night)
    land(night, "dossiers", judge(night, "dossiers", conform(night, "dossiers", collect(night, "dossiers"))))
    correct_landed(night, sources_to_correct(night))
    return night.loads


def landed(settings: Settings, load: LoadRecord, column: str = "finished_at") -> dict[str, tuple[str, str | None]]:
    path = settings.layout.landing / "dossiers" / f"load_id={load.load_id}" / "part-0.parquet"
    with duckdb.connect() as connection:
        rows = connection.execute(f"select dossier_code, cast({column} as varchar), marks from '{path}'").fetchall()
    return {code: (value, marks) for code, value, marks in rows}


def states(settings: Settings) -> list[str]:
    return [state.status for state in correction_states(settings)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    registry = shutil.copytree(THREE_AGENCIES / "registry", tmp_path / "registry")
    return Settings(home=tmp_path / "home", registry=registry, settle_seconds=0)


def test_the_expected_value_is_replaced_also_where_it_would_not_have_been_read(settings: Settings) -> None:
    correct(settings, FIRST, "17/01/2024  10:00", RIGHT)
    correct(settings, SECOND, "31/02/2024", RIGHT)
    correct(settings, THIRD, "Sở Xay dựng", "Sở Xây dựng", "resolving_agency_id")
    rows = [row(FIRST), row(SECOND, "31/02/2024"), row(THIRD, RIGHT, "Sở Xay dựng"), row(FOURTH, "16/01/2024 10:00")]
    deliver(settings, "a_20240101_20240131.csv", "T99;thừa;ô;" * 9, *rows)
    (load,) = load_inbox(settings)
    assert [(one.status, one.lines) for one in load.corrections] == [
        ("applied", [3]),
        ("applied", [4]),
        ("applied", [5]),
    ]
    assert load.reason == "hiệu đính 3 ô theo sổ đăng ký (corrections.csv)"
    assert landed(settings, load) == {
        FIRST: ("2024-01-15 10:00:00", "corrected"),
        SECOND: ("2024-01-15 10:00:00", "corrected"),
        FOURTH: ("2024-01-16 10:00:00", None),
    }
    # The receiving agency of the third row is still unknown, and the first line has too many cells.
    assert load.rows_quarantined == 2
    quarantined = settings.layout.quarantine / "dossiers" / f"load_id={load.load_id}" / "rows.parquet"
    with duckdb.connect() as connection:
        ((detail,),) = connection.execute(f"select detail from '{quarantined}' where line = 5").fetchall()
    assert "«resolving_agency_id» đã hiệu đính thành «Sở Xây dựng»" in detail


def test_a_correction_is_applied_to_earlier_loads_and_withdrawn(settings: Settings) -> None:
    deliver(settings, "a_20240101_20240131.csv", row(FIRST), row(SECOND))
    deliver(settings, "b_20240101_20240131.csv", row("T99.01-240103-0008"))
    first = next(load for load in load_inbox(settings) if load.original_name.startswith("a_"))
    correct(settings, FIRST, WRONG, RIGHT)
    assert states(settings) == ["pending"]
    (again,) = load_inbox(settings)
    assert (again.judges_again, again.load_id, again.verdict_status) == (first.load_seq, first.load_id, "accepted")
    assert landed(settings, again)[FIRST] == ("2024-01-15 10:00:00", "corrected")
    assert landed(settings, again)[SECOND] == ("2024-01-17 10:00:00", None)
    assert load_inbox(settings) == []
    shutil.copy(THREE_AGENCIES / "registry" / "corrections.csv", settings.registry)
    (last,) = load_inbox(settings)
    assert landed(settings, last)[FIRST] == ("2024-01-17 10:00:00", None)


def test_a_row_that_was_set_aside_is_reached_and_a_file_without_the_key_is_left_alone(settings: Settings) -> None:
    deliver(settings, "a_20240101_20240131.csv", row(FIRST, "31/02/2024"), row(SECOND))
    deliver(settings, "b_20240101_20240131.csv", row("T99.01-240103-0008", "32/01/2024"), row("T99.01-240103-0007"))
    assert [load.rows_quarantined for load in load_inbox(settings)] == [1, 1]
    correct(settings, FIRST, "31/02/2024", RIGHT)
    (again,) = load_inbox(settings)
    assert (again.original_name, again.rows_accepted, again.rows_quarantined) == ("a_20240101_20240131.csv", 2, 0)


def test_the_status_is_fixed_stale_unused_or_expired(settings: Settings) -> None:
    correct(settings, FIRST, WRONG, RIGHT)
    correct(settings, SECOND, "15/01/2052 10:00", RIGHT)
    correct(settings, "T99.01-240103-0009", WRONG, RIGHT)
    deliver(settings, "a_20240101_20240131.csv", row(FIRST), row(SECOND))
    load_inbox(settings)
    assert states(settings) == ["applied", "stale", "unused"]
    deliver(settings, "b_20240101_20240229.csv", row(FIRST, RIGHT))
    (load,) = load_inbox(settings)
    assert landed(settings, load) == {FIRST: ("2024-01-15 10:00:00", None)}
    assert states(settings) == ["fixed", "stale", "unused"]
    shown = PlainConsole(file=io.StringIO(), width=80)
    show_corrections(shown, settings)
    show_status(shown, settings)
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    assert f"dossiers  {SECOND}  finished_at: «15/01/2052 10:00» → «{RIGHT}»" in text
    assert "corrections   1 fixed, 1 stale, 1 unused: cchc registry corrections" in text
    # A file that is no longer in the archive keeps its rows.
    (first, _) = Ledger(settings.layout).loads()
    shutil.rmtree(archive_folder(settings.layout, first.load_id))
    correct(settings, SECOND, WRONG, "19/01/2024 10:00")
    assert load_inbox(settings) == []
    assert landed(settings, first)[SECOND] == ("2024-01-17 10:00:00", None)
    assert states(settings) == ["fixed", "stale", "unused", "expired"]


def test_an_answer_of_a_form_is_corrected(settings: Settings) -> None:
    shutil.copytree(THREE_AGENCIES / "inbox" / "survey_responses", settings.layout.inbox / "survey_responses")
    source, night = "survey_responses", Night(settings)
    check_registry_step(night)
    land(night, source, judge(night, source, conform(night, source, collect(night, source))))
    path = settings.layout.landing / source / f"load_id={night.loads[0].load_id}" / "part-0.parquet"
    query = f"select form_id, item_code, answer, marks from '{path}' where answer = 4 order by all limit 1"
    with duckdb.connect() as connection:
        ((form, item, *before),) = connection.execute(query).fetchall()
        assert before == [4, None]
        append(settings.registry, "corrections.csv", f"{source},{form},{item},4,2,{REASON}")
        night = Night(settings)
        check_registry_step(night)
        (again,) = correct_landed(night, sources_to_correct(night))
        assert [one.status for one in again.corrections] == ["applied"]
        after = f"select answer, marks from '{path}' where form_id = '{form}' and item_code = '{item}'"
        assert connection.execute(after).fetchall() == [(2, "corrected")]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("dosiers,A,finished_at,1,2", "line 2, column source: 'dosiers' is no source. Perhaps dossiers is meant"),
        ("dossiers,A,finshed_at,1,2", "column column_name: 'finshed_at' is no column of dossiers. Perhaps finished_at"),
        (
            "dossiers,A,dossier_code,A,B",
            "column column_name: 'dossier_code' is part of the key and cannot be corrected",
        ),
        ("dossiers,A,applicant_name,A,B", "column column_name: 'applicant_name' is personal (name) and cannot be"),
        ("dossiers,A,finished_at,1,31/02/2024", "column corrected_value: '31/02/2024' is not a value of finished_at"),
        ("dossiers,A,channel,Bưu chính,thuyền", "column corrected_value: 'thuyền' is not a value of channel (choice)"),
        ("dossiers,A,resolving_agency_id,x,Sở Lạ", "column corrected_value: 'Sở Lạ' is not a value of resolving_"),
        ("dossiers,A,procedure_code,x,x ", "column corrected_value: 'x ' begins or ends with a space"),
        ("dossiers,A,procedure_code,x,x", "column corrected_value: 'x' is equal to expected_value"),
        ("assessments,2024 | T99.01,self_points,1,2", "column row_key: '2024 | T99.01' is not a key of the source"),
        (
            "assessments,năm 2024 | T9 | 1.1 | self_assessment,self_points,1,2",
            "is no value of year, agency_id. Write year | agency_id | criterion_code | workbook, each as it lands",
        ),
        ("survey_responses,P1,A99,1,2", "column column_name: 'A99' is no column of survey_responses"),
    ],
)
def test_a_correction_that_cannot_be_is_named(settings: Settings, cells: str, message: str) -> None:
    append(settings.registry, "corrections.csv", f"{cells},{REASON}")
    problems = list(map(str, check_registry(settings.registry)))
    assert any(problem.startswith("corrections.csv, line 2") and message in problem for problem in problems), problems


def test_a_cell_is_corrected_once(settings: Settings) -> None:
    correct(settings, FIRST, WRONG, RIGHT)
    correct(settings, FIRST, WRONG.replace(" ", "  "), "16/01/2024 10:00")
    (problem,) = check_registry(settings.registry)
    assert "line 3" in str(problem)
    assert "is read like line 2" in str(problem)


def test_a_night_publishes_what_a_correction_changes(cchc: Cchc, three_agencies: LoadedHome, tmp_path: Path) -> None:
    assert three_agencies.outcome.exit_code == 0
    home = copy_home(three_agencies.home, tmp_path / "home")
    registry = Path(shutil.copytree(THREE_AGENCIES / "registry", tmp_path / "registry"))
    query = "SELECT dossier_code, finished_at FROM core.fct_dossier WHERE finished_at IS NOT NULL ORDER BY ALL LIMIT 1"
    ((code, finished),) = select(home, query)
    wrong = f"{finished:%d/%m/%Y %H:%M}"
    append(registry, "corrections.csv", f"dossiers,{code},finished_at,{wrong},{finished:%d/%m/%Y} 23:59,{REASON}")
    outcome = cchc(home.root, *PLAIN, registry=registry)
    assert outcome.exit_code == 0, outcome.text
    ((corrected,),) = select(home, f"SELECT finished_at FROM core.fct_dossier WHERE dossier_code = '{code}'")
    assert corrected == finished.replace(hour=23, minute=59, second=0)
    assert Ledger(home).loads()[-1].corrections[0].status == "applied"
    assert "1 applied" in cchc(home.root, "status", registry=registry).stdout
