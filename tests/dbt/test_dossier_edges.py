"""Dossiers at the edges of methods §4, worked by hand, from landing to the month: hours, reopened ones, events only."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt_home import make_inputs, read_rows
from warehouse.config import Home, Settings
from warehouse.engine import DbtProject

AS_OF = date(2025, 5, 16)
# Only the models of the counts, and their tests.
COUNTS = ("--select", "+int_on_time_counted", "--indirect-selection", "cautious")


def dossier(code: str, procedure: str, received: str, finished: str | None, status: str = "finished") -> dict[str, Any]:
    return {
        "dossier_code": code,
        "procedure_code": procedure,
        "resolving_agency_id": "STP",
        "received_at": received,
        "finished_at": finished,
        "status": status if finished else "processing",
    }


def event(code: str, event_type: str, occurred: str, agency_id: str = "STP") -> dict[str, Any]:
    return {"dossier_code": code, "event_type": event_type, "occurred_at": occurred, "agency_id": agency_id}


# Working days: 05 06 07 08 09 | 12 13 14 15 16 May 2025. Office hours 07:30-11:30 and 13:30-17:00, cut-off 15:00. H4
# has four hours, P3 three working days.
DOSSIERS = [
    dossier("H1", "H4", "2025-05-05 08:30", "2025-05-05 14:30"),  # 3 hours in the morning, 1 after: to the minute
    dossier("H2", "H4", "2025-05-05 08:30", "2025-05-05 14:31"),  # a minute later
    dossier("H3", "H4", "2025-05-05 14:00", "2025-05-06 16:00"),  # 3 h, 30 min to 08:00, 11:00 to 11:30 and to 16:00
    dossier("H4", "H4", "2025-05-05 15:30", "2025-05-06 09:30"),  # after the cut-off: 07:30 to 09:30
    dossier("H5", "H4", "2025-05-10 09:00", None),  # Saturday: due Monday 11:30, open at the end of Friday
    dossier("R1", "P3", "2025-05-05 09:00", "2025-05-07 10:00"),  # finished on day 2, reopened 09/05, open
    dossier("R2", "P3", "2025-05-05 09:00", "2025-05-07 10:00"),  # finished, reopened 13/05, finished 14/05: day 3
    dossier("W1", "P3", "2025-05-05 09:00", "2025-05-09 10:00", "withdrawn"),  # day 4: after due
    dossier("W2", "P3", "2025-05-05 09:00", "2025-05-08 10:00", "stopped"),  # day 3: not after due
    dossier("W3", "P3", "2025-05-05 09:00", "2025-05-09 10:00", "stopped"),  # day 4
    dossier("D1", "P3", "2025-05-10 23:00", "2025-05-14 10:00"),  # a day off counts as the Friday before
    dossier("D2", "P3", "2025-05-09 15:01", "2025-05-14 10:00"),  # after the cut-off: as Monday
]
EVENTS = [
    *(event(row["dossier_code"], "received", row["received_at"]) for row in DOSSIERS),
    event("H3", "supplement_notice", "2025-05-06 08:00"),
    event("H3", "supplement_received", "2025-05-06 11:00"),
    event("R1", "finished", "2025-05-07 10:00"),
    event("R1", "reopened", "2025-05-09 10:00"),
    event("R2", "finished", "2025-05-07 10:00"),
    event("R2", "reopened", "2025-05-13 10:00"),
    event("R2", "finished", "2025-05-14 10:00"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("edges")
    home = make_inputs(root, dossiers=DOSSIERS, events=EVENTS, as_of=AS_OF)
    DbtProject(Settings(home=root)).build(*COUNTS)
    return home


@pytest.mark.parametrize(
    ("code", "due", "elapsed", "paused", "net", "status", "on_time", "flags"),
    [
        ("H1", date(2025, 5, 5), 4, 0, 4, "on_time", True, None),
        ("H2", date(2025, 5, 5), 5, 0, 5, "late", False, None),
        ("H3", date(2025, 5, 6), 10, 3, 7, "late", False, None),
        ("H4", date(2025, 5, 6), 2, 0, 2, "early", True, None),
        ("H5", date(2025, 5, 12), 38, 0, 38, "open_overdue", False, None),
        # 06 07 | paused 08 09 | 12 13 14 15 16: seven days; due on the first of them.
        ("R1", date(2025, 5, 12), 9, 2, 7, "open_overdue", False, "reopened"),
        # 06 07 | paused 08 09 12 13 | 14.
        ("R2", date(2025, 5, 14), 7, 4, 3, "on_time", True, "reopened"),
        ("W1", date(2025, 5, 8), 4, 0, 4, "withdrawn", False, None),
        ("W2", date(2025, 5, 8), 3, 0, 3, "withdrawn", None, None),
        ("W3", date(2025, 5, 8), 4, 0, 4, "withdrawn", False, None),
        ("D1", date(2025, 5, 14), 3, 0, 3, "on_time", True, None),
        ("D2", date(2025, 5, 15), 2, 0, 2, "early", True, None),
    ],
)
def test_each_dossier_is_judged_as_by_hand(
    home: Home,
    code: str,
    due: date,
    elapsed: int,
    paused: int,
    net: int,
    status: str,
    on_time: bool | None,
    flags: str | None,
) -> None:
    query = (
        "select due_adjusted_date, elapsed_days, paused_days, net_days, deadline_status, is_on_time, flags "
        f"from core.fct_dossier where dossier_code = '{code}'"
    )
    (row,) = read_rows(home, query)
    assert tuple(row.values()) == (due, elapsed, paused, net, status, on_time, flags)


def test_a_reopened_dossier_is_in_the_stock_again(home: Home) -> None:
    columns = "n_received, n_finished, n_withdrawn, n_stopped, n_open, n_open_overdue, n_due_cohort, n_due_on_time"
    query = f"select {columns} from intermediate.int_on_time_counted where period_key = '2025-05'"
    # Open: H5 and R1, both overdue. Finished: H1 to H4, R2, D1, D2. W2 left the cohort.
    assert [tuple(row.values()) for row in read_rows(home, query)] == [(12, 7, 1, 2, 2, 2, 11, 5)]


def test_events_alone_are_counted_and_enter_no_rate(tmp_path: Path) -> None:
    events = [
        event("A", "received", "2025-04-28 09:00", "NT"),
        event("A", "finished", "2025-05-06 09:00"),
        event("B", "received", "2025-05-05 09:00"),
        event("B", "withdrawn", "2025-05-06 09:00"),
        event("C", "received", "2025-05-05 09:00"),
        event("C", "supplement_notice", "2025-05-06 09:00"),
        event("D", "transferred", "2025-05-05 09:00"),
    ]
    home = make_inputs(tmp_path, events=events, as_of=AS_OF)
    DbtProject(Settings(home=tmp_path)).build(*COUNTS)
    query = (
        "select dossier_code, resolving_agency_id, deadline_status, is_paused, flags from core.fct_dossier order by 1"
    )
    assert [tuple(row.values()) for row in read_rows(home, query)] == [
        ("A", "STP", "not_recomputable", False, "from_events"),
        ("B", "STP", "not_recomputable", False, "from_events"),
        ("C", "STP", "not_recomputable", True, "from_events"),
    ]
    columns = "period_key, n_carried_over, n_received, n_finished, n_withdrawn, n_open, n_paused, n_due_cohort"
    query = f"select {columns} from intermediate.int_on_time_counted where period_kind = 'month' order by 1"
    assert [tuple(row.values()) for row in read_rows(home, query)] == [
        ("2025-04", 0, 1, 0, 0, 1, 0, 0),
        ("2025-05", 1, 2, 1, 1, 1, 1, 0),
    ]
