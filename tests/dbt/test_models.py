"""The dbt models on rows worked by hand, from landing to marts, in one process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt_home import build_all, build_nation_of, make_inputs, read_rows
from warehouse.config import Home, Settings
from warehouse.engine import BuildFailedError, DbtProject

AS_OF = date(2025, 5, 31)
ONLY_DOSSIERS = ("--select", "+fct_dossier", "+label", "--indirect-selection", "cautious")
ORPHAN, SECOND = "f" * 16, "2" * 16


def dossier(code: str, procedure: str, received: str | None, finished: str | None, **other: Any) -> dict[str, Any]:
    return {
        "dossier_code": code,
        "procedure_code": procedure,
        "receiving_agency_id": "NT",
        "resolving_agency_id": "STP",
        "channel": "direct",
        "is_e_dossier": False,
        "received_at": received,
        "finished_at": finished,
        "status": "finished" if finished else "processing",
        "applicant_key": f"k1:{code}",
        **other,
    }


def event(code: str, event_type: str, occurred: str, **other: Any) -> dict[str, Any]:
    return {"dossier_code": code, "event_type": event_type, "occurred_at": occurred, **other}


# Working days: April 24 25 26* 28 29 [30], May [1 2] 5 6 7 8 9 | 12-16 | 19-23 | 26-30; as_of Sat 31/05.
DOSSIERS = [
    dossier("A1", "P5", "2025-04-25 09:00", "2025-05-06 10:00", due_at="2025-05-05 17:00"),  # methods §4.1: net 5
    dossier("A2", "P5", "2025-04-25 16:00", "2025-05-06 10:00", due_at="2025-05-07 17:00"),  # late receipt: net 4
    dossier("A3", "P3", "2025-05-10 20:00", None),  # received on a Saturday, due 14/05, overdue since 15/05
    dossier("A4", "P5", "2025-05-05 09:00", "2025-05-20 10:00"),  # paused 06/05 to 13/05: net 11 - 5 = 6, late
    dossier("A5", "P5", "2025-05-26 09:00", None, status="supplement_requested"),  # stopped since 27/05: net 1
    dossier("A6", "K7", "2025-05-02 09:00", "2025-05-09 10:00"),  # calendar days
    dossier("A7", "P5", "2025-05-05 09:00", None, status="withdrawn"),  # by its event on 07/05
    dossier("A8", "P5", "2025-05-05 09:00", "2025-05-06 09:00", status="stopped"),  # refused by a notice
    dossier("A9", "OLD", "2025-05-05 09:00", "2025-05-06 09:00"),  # no deadline on that day
    dossier("B1", "P5", "2025-05-10 09:00", "2025-05-09 09:00"),  # ended before its receipt
    dossier("B2", "P5", "2025-05-12 09:00", None, status="returned"),  # ended on an unknown day
    dossier("B3", "P5", None, None, status="registered"),  # never received
    dossier("B4", "P5", "2025-06-02 09:00", None),  # received after as_of
    dossier("B5", "P5", "2025-05-05 09:00", "2025-06-02 09:00"),  # ends after as_of: open, overdue
    dossier("C1", "P5", "2025-04-24 09:00", None),  # replaced by the second load
    dossier("C1", "P5", "2025-04-24 09:00", "2025-05-06 09:00", load_id=SECOND),
    dossier("C2", "P3", "2025-04-28 09:00", "2025-04-29 09:00", load_id=SECOND, resolving_agency_id="NT"),
    dossier("C1", "P5", "2025-04-24 09:00", "2025-04-24 10:00", load_id=ORPHAN),
    dossier("X1", "P5", "2025-04-24 09:00", "2025-04-25 09:00", load_id=ORPHAN),
]
EVENTS = [
    *(event(code, "received", "2025-05-05 09:00") for code in ("A1", "A2", "A3", "A4", "A5", "A6", "A9", "B1", "B2")),
    event("A4", "supplement_notice", "2025-05-06 10:00"),
    event("A4", "tax_notice", "2025-05-08 10:00"),
    event("A4", "tax_paid", "2025-05-09 10:00"),
    event("A4", "supplement_received", "2025-05-13 10:00"),
    event("A4", "apology_reschedule_notice", "2025-05-19 10:00", new_due_at="2025-05-22 00:00"),
    event("A5", "supplement_notice", "2025-05-27 10:00"),
    event("A7", "withdrawn", "2025-05-07 10:00"),
    event("A8", "refusal_notice", "2025-05-06 09:00"),
    event("B4", "received", "2025-06-02 09:00"),
    event("A4", "supplement_notice", "2025-05-06 10:00", load_id=SECOND),
    event("A3", "pause", "2025-05-12 10:00", load_id=ORPHAN),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("home")
    rule = {"source": "dossiers", "rule_code": "DOS-01", "severity": "critical", "n_evaluated": 8, "n_failed": 2}
    home = make_inputs(
        root,
        dossiers=DOSSIERS,
        events=EVENTS,
        as_of=AS_OF,
        orphans=[ORPHAN],
        rule_results=[{**rule, "load_seq": 1, "is_passed": False, "statement": "Mã hồ sơ không trống."}],
        publications=[
            {"publication_id": "0001", "built_at": AS_OF, "code_version": "1", "input_hash": "0", "is_official": False}
        ],
    )
    limits = {"period_kind": "month", "period_key": "2025-05", "agency_id": "STP", "ci_lo": 10.0, "ci_hi": 90.0}
    project = DbtProject(Settings(home=root))
    build_all(project, home, intervals=[limits])
    build_nation_of(project, home, ["01"])
    return home


def test_every_unit_test_of_the_models_runs_and_passes(home: Home) -> None:
    project = DbtProject(Settings(home=home.root))
    report = project.run_unit_tests()
    declared = json.loads(project.manifest.read_text(encoding="utf-8"))["unit_tests"]
    assert report.passed == len(declared) > 0


@pytest.fixture(scope="module")
def dossiers(home: Home) -> dict[str, dict[str, Any]]:
    return {row["dossier_code"]: row for row in read_rows(home, "select * from core.fct_dossier")}


def only(row: Mapping[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row[column] for column in columns)


@pytest.mark.parametrize(
    ("code", "due", "net", "margin", "status", "in_cohort", "on_time"),
    [
        ("A1", date(2025, 5, 6), 5, 0, "on_time", True, True),
        ("A2", date(2025, 5, 7), 4, 1, "early", True, True),
        ("A3", date(2025, 5, 14), 15, -12, "open_overdue", True, False),
        ("A4", date(2025, 5, 19), 6, -1, "late", True, False),
        ("A5", None, 1, 4, "open_within", False, None),
        ("A6", date(2025, 5, 9), 7, 0, "on_time", True, True),
        ("A7", date(2025, 5, 12), 2, 3, "withdrawn", False, None),
        ("A8", date(2025, 5, 12), 1, 4, "early", True, True),
        ("A9", None, 1, None, "not_recomputable", False, None),
        ("B1", date(2025, 5, 16), None, None, "invalid_dates", False, None),
        ("B2", date(2025, 5, 19), None, None, "not_recomputable", False, None),
        ("B3", None, None, None, None, False, None),
        ("B4", None, None, None, None, False, None),
        ("B5", date(2025, 5, 12), 19, -14, "open_overdue", True, False),
        ("C1", date(2025, 5, 5), 6, -1, "late", True, False),
    ],
)
def test_each_dossier_is_judged_as_by_hand(
    dossiers: dict[str, dict[str, Any]],
    code: str,
    due: date | None,
    net: int | None,
    margin: int | None,
    status: str | None,
    in_cohort: bool,
    on_time: bool | None,
) -> None:
    columns = ("due_adjusted_date", "net_days", "margin_days", "deadline_status", "is_in_due_cohort", "is_on_time")
    assert only(dossiers[code], *columns) == (due, net, margin, status, in_cohort, on_time)


def test_the_end_of_a_dossier_is_known_as_of_the_day(dossiers: dict[str, dict[str, Any]]) -> None:
    ends = {code: only(dossiers[code], "end_reason", "finished_at") for code in ("A7", "A8", "B2", "B5")}
    assert ends == {
        "A7": ("withdrawn", datetime(2025, 5, 7, 10)),
        "A8": ("refused", datetime(2025, 5, 6, 9)),
        "B2": ("finished", None),
        "B5": (None, None),
    }


def test_a_reappointment_moves_the_current_due_date_only(dossiers: dict[str, dict[str, Any]]) -> None:
    dates = only(dossiers["A4"], "due_original_date", "due_adjusted_date", "due_current_date", "overdue_from_date")
    assert dates == (date(2025, 5, 12), date(2025, 5, 19), date(2025, 5, 22), date(2025, 5, 20))


def test_the_systems_status_compares_the_printed_date(dossiers: dict[str, dict[str, Any]]) -> None:
    statuses = {code: only(dossiers[code], "deadline_status", "system_status") for code in ("A1", "A2", "A4")}
    assert statuses == {"A1": ("on_time", "late"), "A2": ("early", "early"), "A4": ("late", None)}


def test_flags_mark_findings(dossiers: dict[str, dict[str, Any]]) -> None:
    flags = {code: row["flags"] for code, row in dossiers.items() if row["flags"]}
    assert flags == {
        "B2": "ended_without_date",
        "B3": "pauses_unknown",
        "B4": "after_as_of",
        "B5": "pauses_unknown",
        "C1": "pauses_unknown",
        "C2": "pauses_unknown",
    }


def test_the_last_accepted_load_wins_and_orphans_are_ignored(dossiers: dict[str, dict[str, Any]]) -> None:
    assert {code: row["load_seq"] for code, row in dossiers.items() if code[0] in "CX"} == {"C1": 2, "C2": 2}
    assert dossiers["A3"]["paused_days"] == 0


def test_the_fact_holds_nothing_of_a_person(dossiers: dict[str, dict[str, Any]]) -> None:
    assert "applicant_key" not in dossiers["A1"]


def test_stock_and_flow_of_the_months(home: Home) -> None:
    columns = (
        "agency_id, month, n_carried_over, n_received, n_finished, n_withdrawn, n_open, n_open_overdue, n_paused, "
        "n_due_cohort, n_due_on_time, n_not_recomputable, n_invalid_dates"
    )
    rows = read_rows(home, f"select {columns} from timeliness.on_time_by_agency_month order by agency_id, month")
    april, may = date(2025, 4, 1), date(2025, 5, 1)
    assert [tuple(row.values()) for row in rows] == [
        # C2 fell due on 06/05 (29/04 5 6): received and finished in April, due in May.
        ("NT", april, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        ("NT", may, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0),
        # A1, A2, C1 wait at the end of April; May ends with A3, A5 and B5 open.
        ("STP", april, 0, 3, 0, 0, 3, 0, 0, 0, 0, 0, 0),
        ("STP", may, 3, 10, 9, 1, 3, 2, 1, 8, 4, 2, 1),
    ]


def test_the_rates_of_the_month_follow_from_its_counts(home: Home) -> None:
    query = "select * from timeliness.on_time_by_agency_month where agency_id = 'STP' and month = date '2025-05-01'"
    row = read_rows(home, query)[0]
    # Early or on time A1 A2 A6 A8, late A4 C1, open overdue A3 B5; 13 received or carried over; A1 of A1 A2 disagrees.
    assert row["on_time_pct"] == 100 * 4 / 8
    assert row["on_time_completed_only_pct"] == 100 * 4 / 6
    assert row["on_time_with_overdue_pct"] == 100 * 4 / 8
    assert row["on_time_received_and_carried_pct"] == pytest.approx(100 * (1 - 4 / 13), abs=1e-12)
    assert row["system_disagreement_pct"] == 100 * 1 / 2
    assert only(row, "ci_lo", "ci_hi", "estimate_status", "method_version", "as_of_date") == (
        *(10.0, 90.0, "ok", "test"),
        AS_OF,
    )


def test_the_quality_tables_show_the_ledger(home: Home) -> None:
    loads = read_rows(home, "select source, rows_accepted from quality.load_ledger order by load_seq")
    assert [tuple(load.values()) for load in loads] == [
        ("dossiers", 15),
        ("dossiers", 2),
        ("dossier_events", 18),
        ("dossier_events", 1),
    ]
    assert read_rows(home, "select failed_pct from quality.rule_results") == [{"failed_pct": 25.0}]
    assert read_rows(home, "select publication_id from quality.publications") == [{"publication_id": "0001"}]


def test_a_log_without_events_is_recomputed_from_its_dates(tmp_path: Path) -> None:
    home = make_inputs(tmp_path, dossiers=DOSSIERS[:1], as_of=AS_OF)
    DbtProject(Settings(home=tmp_path)).build(*ONLY_DOSSIERS)
    query = "select net_days, deadline_status, is_in_due_cohort, flags from core.fct_dossier"
    assert [tuple(row.values()) for row in read_rows(home, query)] == [(5, "on_time", True, "pauses_unknown")]


def test_an_empty_landing_builds_empty_marts(tmp_path: Path) -> None:
    home = make_inputs(tmp_path, as_of=AS_OF)
    build_all(DbtProject(Settings(home=tmp_path)), home)
    assert read_rows(home, "select * from timeliness.on_time_by_agency_month") == []


def test_a_repeated_dossier_inside_a_load_stops_the_build(tmp_path: Path) -> None:
    home = make_inputs(tmp_path, dossiers=[DOSSIERS[0], DOSSIERS[0]], as_of=AS_OF)
    with pytest.raises(BuildFailedError, match=r"fct_dossier_is_sound .*: one row per dossier_code \(1\)") as caught:
        DbtProject(Settings(home=tmp_path)).build(*ONLY_DOSSIERS)
    assert caught.value.is_refusal
    # After any failure of a build the next reader can open its database.
    assert read_rows(home, "select count(*) as n from intermediate.int_dossiers_latest") == [{"n": 2}]
