"""Homes that several modules read: each night runs once per test run, in the first process that needs it.

A test that changes such a home copies it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from demo import DemoReport, write_demo, write_trouble
from tests.support.deliveries import REGISTRY
from tests.support.nights import Cchc, Outcome, copy_home, select
from tests.support.once import do_once
from tests.support.redeliveries import resend_ended_late, resend_events
from warehouse.config import Home

DOSSIERS, SEED = 400, 1
LOG = ("dossiers", "dossier_events")
# Characters that break unquoted paths in SQL, URLs and shells.
HOME_NAME = "nhà của O'Brien (2026)"
THREE_AGENCIES = Path(__file__).resolve().parents[1] / "provinces" / "three_agencies"
PLAIN = ("nightly", "--without-prefect")
T = TypeVar("T")


@dataclass(frozen=True)
class Begun:
    """A home with a running command; reading the outcome waits for its end."""

    home: Home
    running: Future[Outcome]


@dataclass(frozen=True)
class LoadedHome:
    """A home after its first night."""

    home: Home
    outcome: Outcome


@dataclass(frozen=True)
class FirstNight:
    """A home after a demo's deliveries and one night; `report` describes the deliveries."""

    home: Home
    report: DemoReport
    outcome: Outcome
    publication_id: str


@dataclass(frozen=True)
class TroubleNight:
    """A copy of the first night's home after a second night, through Prefect, with bad files; `declared` by name."""

    home: Home
    declared: dict[str, dict[str, Any]]
    outcome: Outcome
    publication_id: str


@dataclass(frozen=True)
class Redelivery:
    """An inbox with the second half-year's dossiers and some of its events again; `dossier_code` now ends late."""

    inbox: Path
    dossier_code: str


# Makes something in a new folder, or returns what another process made under the same name.
Once = Callable[[str, Callable[[Path], T]], T]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The folder of all processes of this test run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="session")
def once(shared: Path) -> Once[Any]:
    def make_once(name: str, make: Callable[[Path], T]) -> T:
        return do_once(shared, name, lambda: make(shared / name))

    return make_once


@pytest.fixture(scope="session")
def cchc(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cchc]:
    with Cchc(tmp_path_factory.mktemp("output"), shared) as runner:
        yield runner


@pytest.fixture(scope="session")
def three_agencies(cchc: Cchc, once: Once[LoadedHome]) -> LoadedHome:
    """Another province: only CCHC_HOME and CCHC_REGISTRY differ."""

    def run(folder: Path) -> LoadedHome:
        home = Home(folder / HOME_NAME)
        shutil.copytree(THREE_AGENCIES / "inbox", home.inbox)
        return LoadedHome(home, cchc(home.root, *PLAIN, registry=THREE_AGENCIES / "registry"))

    return once("three_agencies", run)


@pytest.fixture(scope="session")
def first_night(cchc: Cchc, once: Once[FirstNight]) -> FirstNight:
    return once("first", lambda folder: run_demo(cchc, folder, years=(2015,), sources=LOG))


@pytest.fixture(scope="session")
def conference_night(cchc: Cchc, once: Once[FirstNight]) -> FirstNight:
    """Two years of all deliveries of the province, with few dossiers."""
    return once("conference", lambda folder: run_demo(cchc, folder))


def run_demo(cchc: Cchc, folder: Path, **wanted: Any) -> FirstNight:
    """Returns a home after the demo's deliveries, of the `wanted` years and sources, and a night."""
    home = Home(folder / HOME_NAME)
    report = write_demo(home.inbox, REGISTRY, DOSSIERS, SEED, **wanted)
    outcome = cchc(home.root, *PLAIN)
    assert outcome.exit_code == 0, outcome.stderr
    return FirstNight(home, report, outcome, home.current.readlink().name)


@pytest.fixture(scope="session")
def trouble_night(cchc: Cchc, first_night: FirstNight, once: Once[TroubleNight]) -> TroubleNight:
    def trouble(folder: Path) -> TroubleNight:
        home = copy_home(first_night.home, folder / HOME_NAME)
        outcome = cchc(home.root, "demo", "--trouble", "--seed", str(SEED))
        declared = write_trouble(folder / "declared", REGISTRY, SEED)
        return TroubleNight(home, declared, outcome, home.current.readlink().name)

    return once("trouble", trouble)


@pytest.fixture(scope="session")
def redelivery(first_night: FirstNight, once: Once[Redelivery]) -> Redelivery:
    ((code,),) = select(
        first_night.home,
        """
        SELECT min(dossier_code) FROM core.fct_dossier JOIN quality.load_ledger USING (load_seq)
        WHERE original_name = 'hoso_20150701_20151231.csv' AND is_on_time AND finished_at IS NOT NULL AND flags IS NULL
        AND due_adjusted_date < DATE '2015-12-01'
        """,
    )

    def deliver(inbox: Path) -> Redelivery:
        resend_ended_late(first_night.home.inbox, inbox, code)
        resend_events(first_night.home.inbox, inbox)
        return Redelivery(inbox, code)

    return once("redelivery", deliver)
