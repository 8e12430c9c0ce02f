"""Nights that meet another night, a reader, a full disk or `kill -9`."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.failures import classify
from tests.support.night_homes import PLAIN, FirstNight, Redelivery
from tests.support.nights import ROOT, Cchc, Outcome, copy_home, published_rows, read_records
from tests.support.redeliveries import SECOND_HALF, resend_ended_late
from warehouse.config import Home
from warehouse.transaction import decided_transactions

LATEST_LOAD = [
    "SELECT max(load_seq) FROM core.fct_dossier",
    "SELECT max(load_seq) FROM quality.load_ledger",
    "SELECT max(load_seq) FROM quality.rule_results",
]


# Two nights and a reader


@dataclass(frozen=True)
class Meeting:
    """A night that waits before it publishes, other commands meanwhile, and a reader during all of it."""

    home: Home
    shown_meanwhile: str
    night: Outcome
    second_night: Outcome
    rollback_meanwhile: Outcome
    status_meanwhile: Outcome
    rollback_after: Outcome
    reader: dict[str, Any]


@pytest.fixture(scope="module")
def meeting(
    cchc: Cchc, first_night: FirstNight, redelivery: Redelivery, tmp_path_factory: pytest.TempPathFactory
) -> Meeting:
    folder = tmp_path_factory.mktemp("meeting")
    home = copy_home(first_night.home, folder / "home")
    shutil.copytree(redelivery.inbox, home.inbox, dirs_exist_ok=True)
    watch = [sys.executable, "-m", "tests.support.reader_loop", str(home.current / "warehouse.duckdb"), *LATEST_LOAD]
    reader = subprocess.Popen(watch, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    barrier = folder / "barrier"
    os.mkfifo(barrier)
    running = cchc.start(home.root, *PLAIN, wait_at=("flows.build.building.publish_step", barrier))
    # The test must not wait for a night that ends before the barrier.
    running.add_done_callback(lambda _: os.close(os.open(barrier, os.O_RDONLY | os.O_NONBLOCK)))
    with barrier.open("w"):
        second = cchc(home.root, *PLAIN)
        rollback, status = cchc(home.root, "rollback"), cchc(home.root, "status")
        shown = home.current.readlink().name
    night = running.result()
    rollback_after = cchc(home.root, "rollback")
    output, _ = reader.communicate("stop\n", timeout=60)
    return Meeting(home, shown, night, second, rollback, status, rollback_after, json.loads(output))


def test_of_two_nights_one_publishes(meeting: Meeting, first_night: FirstNight) -> None:
    assert (meeting.night.exit_code, meeting.night.stderr) == (0, "")
    assert "Published 0002-20151231-" in meeting.night.stdout
    assert meeting.shown_meanwhile == first_night.publication_id


def test_the_other_ends_with_exit_5_and_names_the_holder(meeting: Meeting) -> None:
    for refused in (meeting.second_night, meeting.rollback_meanwhile):
        assert (refused.exit_code, refused.stdout) == (5, "")
        assert f"process {meeting.night.pid} on " in refused.stderr
        assert "(cchc nightly)" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_other_commands_name_the_writer(meeting: Meeting) -> None:
    assert meeting.status_meanwhile.exit_code == 0
    assert f"writing now process {meeting.night.pid} since " in meeting.status_meanwhile.text


def test_a_reader_sees_no_error_and_no_mixture_through_a_night_and_a_rollback(meeting: Meeting) -> None:
    assert meeting.rollback_after.exit_code == 0
    assert meeting.reader["errors"] == []
    assert meeting.reader["mixtures"] == []
    assert meeting.reader["reads"] > 20
    newest = len(read_records(meeting.home.loads))
    assert meeting.reader["publications"] == [newest - 2, newest]


# Kills


@dataclass(frozen=True)
class Death:
    """A point of a kill: the nth call of a function; `left` checks the home after it."""

    call: str
    nth: int
    left: Callable[[Home], bool]


def ledger_size(home: Home) -> int:
    return len(list(home.loads.glob("*.json")))


def is_staged(home: Home) -> bool:
    """Whether rows wait for a record that was not written."""
    return any(home.staging.glob("transactions/load-*.open/new/landing/*/*/*.parquet"))


def n_built(home: Home) -> int:
    return len([path for path in home.publications.glob("*-*-*") if path.suffix != ".tmp"])


def wrote_since_loading(home: Home, pattern: str) -> bool:
    loaded = max(path.stat().st_mtime_ns for path in home.loads.glob("*.json"))
    return n_built(home) == 1 and any(path.stat().st_mtime_ns > loaded for path in home.build.glob(pattern))


FETCH = Death("flows.load.arrivals.archive_delivery", 1, lambda home: any(home.staging.glob("collect-*/*.csv")))
SIDECAR = Death(
    "warehouse.landing.write_record", 1, lambda home: any(not any(p.glob("*.json")) for p in home.archive.iterdir())
)
CANDIDATES = Death("flows.load.loading.judge", 2, lambda home: any(home.staging.glob("load-dossiers-*/*.parquet")))
STAGED = Death("warehouse.ledger.Ledger.append_load", 2, is_staged)
DECIDED = Death("warehouse.transaction._finish", 2, lambda home: len(decided_transactions(home)) == 1)
BUILD = Death("dbt.task.run.ModelRunner.execute", 25, lambda home: wrote_since_loading(home, "warehouse.duckdb*"))
BUILT = Death("flows.build.building.publish", 1, lambda home: wrote_since_loading(home, "inputs/methods/*.parquet"))
RENAMED = Death("warehouse.publication.publish.move_pointer", 1, lambda home: n_built(home) == 2)
SHOWN = Death(
    "flows.build.building.adopt_runs", 2, lambda home: n_built(home) == 2 and len(read_records(home.runs)) == 1
)

# Nights killed one after the other on one home, each recovering from the kill before it, then one undisturbed night. A
# finished publication ends the series, because the next night has nothing to build.
KILLS = {
    "while a delivery is fetched, before its sidecar, then after the candidates were written": [
        FETCH,
        SIDECAR,
        CANDIDATES,
    ],
    "before the decision, with a file that is then replaced": [STAGED],
    "after the decision, in the build, after it, then between the renamed publication and the pointer": [
        DECIDED,
        BUILD,
        BUILT,
        RENAMED,
    ],
    "between the pointer and the ledger": [SHOWN],
}


@dataclass(frozen=True)
class Recovery:
    """The homes after each kill and after the night that followed."""

    killed: list[Outcome]
    were_left_as_expected: list[bool]
    shown_after_kills: set[str]
    next_night: Outcome
    shown: str
    rows: dict[str, list[tuple[Any, ...]]]
    half_written: list[Path]
    n_loads: int
    runs: list[str]


def die_and_recover(cchc: Cchc, first_night: FirstNight, redelivery: Redelivery, where: str, folder: Path) -> Recovery:
    home = copy_home(first_night.home, folder / "home")
    shutil.copytree(redelivery.inbox, home.inbox, dirs_exist_ok=True)
    delivered = home.inbox / "dossiers" / f"hoso_gui_lai_{SECOND_HALF}.csv"
    if where.endswith("replaced"):
        resend_ended_late(first_night.home.inbox, home.inbox, a_dossier_but(redelivery.dossier_code, first_night))
    killed, left, shown = [], [], set()
    for death in KILLS[where]:
        killed.append(cchc(home.root, *PLAIN, kill_at=(death.call, death.nth)))
        left.append(death.left(home))
        shown.add(home.current.readlink().name)
    shutil.copy2(redelivery.inbox / "dossiers" / delivered.name, delivered)
    next_night = cchc(home.root, *PLAIN)
    half_written = [*home.staging.iterdir(), *home.publications.glob("*.tmp")]
    runs = [run["publication_id"] for run in read_records(home.runs)]
    recovery = Recovery(
        killed,
        left,
        shown,
        next_night,
        home.current.readlink().name,
        published_rows(home.current),
        half_written,
        ledger_size(home),
        runs,
    )
    shutil.rmtree(home.root)
    return recovery


def a_dossier_but(code: str, first_night: FirstNight) -> str:
    with duckdb.connect(str(first_night.home.current / "warehouse.duckdb"), read_only=True) as connection:
        load = f"(SELECT load_seq FROM core.fct_dossier WHERE dossier_code = '{code}')"
        rows = connection.execute(
            f"SELECT min(dossier_code) FROM core.fct_dossier WHERE load_seq = {load} AND dossier_code <> '{code}'"
        ).fetchall()
    return str(rows[0][0])


@pytest.fixture(scope="module")
def recoveries(
    cchc: Cchc, first_night: FirstNight, redelivery: Redelivery, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Recovery]:
    """Every series of kills and the night after them, two at a time."""

    def recover_in_turn(names: list[str]) -> dict[str, Recovery]:
        folder = tmp_path_factory.mktemp("killed")
        return {name: die_and_recover(cchc, first_night, redelivery, name, folder) for name in names}

    names = list(KILLS)
    with ThreadPoolExecutor(2) as pool:
        odd, even = pool.map(recover_in_turn, [names[0::2], names[1::2]])
    return odd | even


@pytest.fixture(scope="module")
def undisturbed(meeting: Meeting) -> tuple[str, dict[str, list[tuple[Any, ...]]]]:
    """The publication of an undisturbed night: its id and all rows."""
    (publication,) = meeting.home.publications.glob("0002-*")
    return publication.name, published_rows(publication)


@pytest.mark.parametrize("where", KILLS)
def test_readers_of_a_killed_night_see_the_old_or_the_new_publication(
    recoveries: dict[str, Recovery], first_night: FirstNight, undisturbed: tuple[str, Any], where: str
) -> None:
    recovery = recoveries[where]
    assert [killed.exit_code for killed in recovery.killed] == [-9 for _ in KILLS[where]], recovery.killed
    assert all(recovery.were_left_as_expected), recovery.were_left_as_expected
    is_published = KILLS[where] == [SHOWN]
    assert recovery.shown_after_kills == {undisturbed[0] if is_published else first_night.publication_id}


@pytest.mark.parametrize("where", KILLS)
def test_the_night_after_a_kill_publishes_what_an_undisturbed_night_publishes(
    recoveries: dict[str, Recovery], undisturbed: tuple[str, dict[str, list[tuple[Any, ...]]]], where: str
) -> None:
    recovery = recoveries[where]
    assert (recovery.next_night.exit_code, recovery.next_night.stderr) == (0, "")
    assert recovery.shown == undisturbed[0]
    assert recovery.rows.keys() == undisturbed[1].keys()
    for table, rows in undisturbed[1].items():
        assert recovery.rows[table] == rows, table


@pytest.mark.parametrize("where", KILLS)
def test_the_night_after_a_kill_leaves_nothing_half_written_and_no_gap_in_the_ledger(
    recoveries: dict[str, Recovery], first_night: FirstNight, undisturbed: tuple[str, Any], where: str
) -> None:
    recovery = recoveries[where]
    assert recovery.half_written == []
    assert recovery.n_loads == 14
    assert recovery.runs == [first_night.publication_id, undisturbed[0]]


# A home that cannot be written


@pytest.mark.parametrize(
    ("options", "message"),
    [({"obeys_permissions": True}, "no permission: "), ({"largest_file": 1024}, "File too large")],
    ids=["read-only", "full"],
)
def test_a_home_that_cannot_be_written_is_one_sentence(
    cchc: Cchc, first_night: FirstNight, redelivery: Redelivery, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    home = copy_home(first_night.home, tmp_path / "home")
    shutil.copytree(redelivery.inbox, home.inbox, dirs_exist_ok=True)
    home.root.chmod(0o500)
    outcome = cchc(home.root, *PLAIN, **options)
    home.root.chmod(0o700)
    assert outcome.exit_code == 1
    assert message in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1, outcome.stderr
    assert home.current.readlink().name == first_night.publication_id


def test_a_full_disk_is_one_sentence() -> None:
    failure = classify(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert (failure.exit_code, failure.is_ours) == (1, False)
    assert "No space left on device" in failure.sentence
