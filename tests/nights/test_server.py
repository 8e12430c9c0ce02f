"""A real server and worker: a scheduled night is killed before its end, and the next scheduled one succeeds.

The one expensive test of the suite. The home is that of three agencies, published once; a second file is delivered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from flows.watch.morning import Morning, check_morning
from tests.support.night_homes import THREE_AGENCIES, LoadedHome
from tests.support.nights import copy_home, read_records
from tests.support.prefect_server import PrefectServer, running_server, wait_for
from warehouse.config import Home, Settings

FIRST = "hoso_20240101_20240331.csv"
SECOND = "hoso_gui_lai_20240101_20240331.csv"


@dataclass(frozen=True)
class Story:
    """The server's state of the killed run and of the next one, and the homes between and after."""

    home: Home
    first_publication: str
    killed: dict[str, Any]
    published_after_kill: str
    morning_after_kill: Morning
    run: dict[str, Any]
    artifacts: list[dict[str, Any]]
    morning: Morning


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PrefectServer, Home]]:
    folder = tmp_path_factory.mktemp("server")
    home = Home(folder / "home")
    settings = {"CCHC_HOME": str(home.root), "CCHC_REGISTRY": str(THREE_AGENCIES / "registry")}
    checkout = {"CCHC_CODE": str(THREE_AGENCIES.parents[2])}
    with running_server(folder, **settings, **checkout) as running:
        yield running, home


@pytest.fixture(scope="module")
def story(server: tuple[PrefectServer, Home], three_agencies: LoadedHome) -> Story:
    prefect, home = server
    assert three_agencies.outcome.exit_code == 0
    copy_home(three_agencies.home, home.root)
    first_publication, loaded = home.current.readlink().name, len(read_records(home.loads))
    settings = Settings(home=home.root)
    deliver_again(home)

    prefect.deploy()
    prefect.start_worker()
    due = prefect.schedule("nightly/nightly", 3)
    # The delivery is in the ledger but not yet built.
    wait_for(lambda: len(read_records(home.loads)) == loaded + 1, 120, "the second file is loaded", prefect.output)
    prefect.kill_worker()
    published_after_kill, morning_after_kill = home.current.readlink().name, check_morning(settings)

    prefect.start_worker()
    again = prefect.schedule("nightly/nightly", 3)
    wait_for(lambda: is_over(prefect, again), 120, "the next night is over", prefect.output)
    (killed,), (run,) = prefect.runs_due_at(due), prefect.runs_due_at(again)
    shown = prefect.ask("POST", "/artifacts/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    return Story(
        home, first_publication, killed, published_after_kill, morning_after_kill, run, shown, check_morning(settings)
    )


def deliver_again(home: Home) -> None:
    """The same dossiers without the last, under another name: other bytes give another publication."""
    lines = (home.inbox / "dossiers" / FIRST).read_bytes().splitlines(keepends=True)
    (home.inbox / "dossiers" / SECOND).write_bytes(b"".join(lines[:-1]))


def is_over(prefect: PrefectServer, due: datetime) -> bool:
    return any(run["state_type"] in ("COMPLETED", "FAILED", "CRASHED") for run in prefect.runs_due_at(due))


def test_the_schedule_alone_starts_a_night_within_two_minutes(story: Story) -> None:
    assert story.run["state_name"] == "Completed"
    assert story.run["auto_scheduled"] is True
    started, expected = (datetime.fromisoformat(story.run[name]) for name in ("start_time", "expected_start_time"))
    assert (started - expected).total_seconds() < 120


def test_the_artifact_of_the_night_shows_its_publication(story: Story) -> None:
    (artifact,) = story.artifacts
    assert artifact["key"] == "night"
    assert f"Published **{story.home.current.readlink().name}**" in artifact["data"]
    assert SECOND in {load["original_name"] for load in read_records(story.home.loads)}


def test_a_night_killed_with_its_worker_changes_nothing_for_readers_and_is_reported_in_the_morning(
    story: Story,
) -> None:
    assert story.published_after_kill == story.first_publication
    assert story.morning_after_kill.exit_code == 1
    assert "was killed" in story.morning_after_kill.sentence
    (alert,) = story.morning_after_kill.alerts
    assert alert.kind == "night_unfinished"
    assert (story.home.alerts / f"{alert.alert_id}.txt").read_text(encoding="utf-8") == alert.text


def test_the_next_scheduled_night_loses_nothing_and_publishes_once(story: Story) -> None:
    *_, last = loads = read_records(story.home.loads)
    assert (last["original_name"], last["verdict_status"]) == (SECOND, "accepted")
    numbers = [load["load_seq"] for load in loads]
    assert [run["loads"] for run in read_records(story.home.runs)] == [numbers[:-1], numbers[-1:]]
    kept = sorted(path.name for path in story.home.publications.glob("*-*-*"))
    assert kept == [story.first_publication, story.home.current.readlink().name]


def test_prefect_shows_the_killed_run_as_crashed(story: Story) -> None:
    assert story.killed["state_name"] == "Crashed"
    nights = read_records(story.home.nights)[-2:]
    assert [night["exit_code"] for night in nights] == [None, 0]
    assert [night["flow_run_id"] for night in nights] == [story.killed["id"], story.run["id"]]


def test_the_morning_after_all_is_well(story: Story) -> None:
    assert (story.morning.exit_code, story.morning.alerts) == (0, ())
