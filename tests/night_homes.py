"""Homes that several modules look at: each night runs once, whoever asks first. A test that changes one copies it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.synthetic import DemoReport, write_demo, write_trouble
from tests.deliveries import REGISTRY
from tests.nights import Cchc, Outcome, copy_home, select
from tests.redeliveries import resend_ended_late, resend_events
from warehouse.config import Home

DOSSIERS, SEED = 400, 1
LOG = ("dossiers", "dossier_events")
THREE_AGENCIES = Path(__file__).parent / "provinces" / "three_agencies"
PLAIN = ("nightly", "--without-prefect")


@dataclass(frozen=True)
class Begun:
    """A home on which a command is running, or has ended when its outcome is asked for."""

    home: Home
    running: Future[Outcome]


@dataclass(frozen=True)
class FirstNight:
    """A home after a demo's deliveries and one night; `report` is what the demo says of its deliveries."""

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


@pytest.fixture(scope="session")
def cchc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cchc]:
    with Cchc(tmp_path_factory.mktemp("output")) as runner:
        yield runner


@pytest.fixture(scope="session")
def three_agencies(cchc: Cchc, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """Poured by the two settings that make another province: CCHC_HOME and CCHC_REGISTRY."""
    home = Home(tmp_path_factory.mktemp("three_agencies") / "home")
    shutil.copytree(THREE_AGENCIES / "inbox", home.inbox)
    return Begun(home, cchc.start(home.root, *PLAIN, registry=THREE_AGENCIES / "registry"))


@pytest.fixture(scope="session")
def first_night(cchc: Cchc, three_agencies: Begun, tmp_path_factory: pytest.TempPathFactory) -> FirstNight:
    # The other province's night is asked for only to run beside this one.
    assert three_agencies.home.inbox.is_dir()
    home = Home(tmp_path_factory.mktemp("first") / "home")
    report = write_demo(home.inbox, REGISTRY, DOSSIERS, SEED, (2015,), sources=LOG)
    outcome = cchc(home.root, *PLAIN)
    assert outcome.exit_code == 0, outcome.stderr
    return FirstNight(home, report, outcome, home.current.readlink().name)


@pytest.fixture(scope="session")
def conference_night(cchc: Cchc, tmp_path_factory: pytest.TempPathFactory) -> FirstNight:
    """Two years of everything that the province delivers, but for its dossiers, of which there are few."""
    home = Home(tmp_path_factory.mktemp("conference") / "home")
    report = write_demo(home.inbox, REGISTRY, DOSSIERS, SEED)
    outcome = cchc(home.root, *PLAIN)
    assert outcome.exit_code == 0, outcome.stderr
    return FirstNight(home, report, outcome, home.current.readlink().name)


@pytest.fixture(scope="session")
def trouble_night(cchc: Cchc, first_night: FirstNight, tmp_path_factory: pytest.TempPathFactory) -> TroubleNight:
    folder = tmp_path_factory.mktemp("trouble")
    home = copy_home(first_night.home, folder / "home")
    outcome = cchc(home.root, "demo", "--trouble", "--seed", str(SEED))
    declared = write_trouble(folder / "declared", REGISTRY, SEED)
    return TroubleNight(home, declared, outcome, home.current.readlink().name)


@pytest.fixture(scope="session")
def redelivery(first_night: FirstNight, tmp_path_factory: pytest.TempPathFactory) -> Redelivery:
    ((code,),) = select(
        first_night.home,
        """
        SELECT min(dossier_code) FROM core.fct_dossier JOIN quality.load_ledger USING (load_seq)
        WHERE original_name = 'hoso_20150701_20151231.csv' AND is_on_time AND finished_at IS NOT NULL AND flags IS NULL
        AND due_adjusted_date < DATE '2015-12-01'
        """,
    )
    inbox = tmp_path_factory.mktemp("redelivery")
    resend_ended_late(first_night.home.inbox, inbox, code)
    resend_events(first_night.home.inbox, inbox)
    return Redelivery(inbox, code)
