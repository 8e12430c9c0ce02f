"""The dbt models against a day-by-day walk of METHODS 4.1 to 4.4 over several hundred random dossiers."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.day_by_day import RESUMES, STOPS, Dossier, month_counts, pair
from tests.support.dbt_home import make_inputs, read_rows
from warehouse.config import Home, Settings
from warehouse.engine import DbtProject

AS_OF = date(2025, 6, 18)
HOLIDAYS = {date(2025, 4, 30), date(2025, 5, 1), date(2025, 5, 2)}
WORKED = {date(2025, 4, 26)}
LIMITS = {"P3": (3, True), "P5": (5, True), "K7": (7, False), "OLD": (None, True)}
COUNTS = (
    "n_carried_over",
    "n_received",
    "n_finished",
    "n_withdrawn",
    "n_stopped",
    "n_early",
    "n_on_time",
    "n_late",
    "n_open",
    "n_open_overdue",
    "n_paused",
    "n_due_cohort",
    "n_due_on_time",
)


def working_days() -> frozenset[date]:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
    return frozenset(day for day in days if (day.weekday() < 5 and day not in HOLIDAYS) or day in WORKED)


def random_log(seed: int, n: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    draw = random.Random(seed)
    start = datetime(2025, 3, 17)
    dossiers, events = [], []
    for number in range(n):
        code = f"STP-25-{number:06d}"
        received = start + timedelta(minutes=draw.randrange(93 * 24 * 60))
        finished = (
            received + timedelta(minutes=draw.randrange(-2 * 24 * 60, 30 * 24 * 60)) if draw.random() < 0.8 else None
        )
        ended = draw.choice(["finished", "finished", "finished", "returned", "withdrawn", "stopped"])
        going = draw.choice(["processing", "processing", "supplement_requested"])
        dossiers.append(
            {
                "dossier_code": code,
                "procedure_code": draw.choice(list(LIMITS)),
                "resolving_agency_id": draw.choice(["STP", "NT"]),
                "received_at": received,
                "finished_at": finished,
                "status": ended if finished else going,
            }
        )
        events.append({"dossier_code": code, "event_type": "received", "occurred_at": received})
        if draw.random() < 0.5:
            moments = sorted(received + timedelta(minutes=draw.randrange(-900, 25 * 24 * 60)) for _ in range(6))
            kinds = draw.sample([*STOPS, *RESUMES], 6)
            events += [
                {"dossier_code": code, "event_type": kind, "occurred_at": moment}
                for kind, moment in zip(kinds[: draw.randint(1, 6)], moments, strict=False)
            ]
    return dossiers, events


@pytest.fixture(scope="module")
def log() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return random_log(seed=42, n=600)


@pytest.fixture(scope="module")
def walked(log: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> list[Dossier]:
    known: dict[str, list[dict[str, Any]]] = {}
    for event in log[1]:
        if event["occurred_at"].date() <= AS_OF:
            known.setdefault(event["dossier_code"], []).append(event)
    days = working_days()
    return [
        Dossier(row, pair(known.get(row["dossier_code"], [])), *LIMITS[row["procedure_code"]], days, AS_OF)
        for row in log[0]
        if row["received_at"].date() <= AS_OF
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, log: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> Home:
    root: Path = tmp_path_factory.mktemp("random")
    home = make_inputs(root, dossiers=log[0], events=log[1], as_of=AS_OF)
    wanted = ("+fct_dossier", "+on_time_by_agency_month")
    DbtProject(Settings(home=root)).build("--select", *wanted, "--indirect-selection", "cautious")
    return home


def test_every_dossier_is_judged_as_the_calendar_says(home: Home, walked: list[Dossier]) -> None:
    query = (
        "select dossier_code, due_adjusted_date, net_days, deadline_status, is_paused, is_in_due_cohort "
        "from core.fct_dossier where is_received"
    )
    built = {row.pop("dossier_code"): row for row in read_rows(home, query)}
    expected = {
        dossier.row["dossier_code"]: {
            "due_adjusted_date": dossier.due_day(),
            "net_days": None if dossier.is_invalid else dossier.net(AS_OF),
            "deadline_status": dossier.status(),
            "is_paused": dossier.end is None and dossier.is_paused(AS_OF),
            "is_in_due_cohort": dossier.cohort_month() is not None,
        }
        for dossier in walked
    }
    assert built == expected
    assert len({row["deadline_status"] for row in built.values()}) == 8


def test_every_month_counts_what_was_known_then(home: Home, walked: list[Dossier]) -> None:
    rows = read_rows(home, "select * from timeliness.on_time_by_agency_month")
    built = {(row["month"], row["agency_id"]): Counter({name: row[name] for name in COUNTS}) for row in rows}
    assert built == month_counts(walked)
    assert sum(counts["n_open_overdue"] for counts in built.values()) > 50
    assert sum(counts["n_paused"] for counts in built.values()) > 50
