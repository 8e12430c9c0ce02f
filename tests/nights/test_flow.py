"""The nightly flow under Prefect: one task run per step, an artifact, retries of I/O and never of verdicts."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import Artifact, TaskRun
from prefect.testing.utilities import prefect_test_harness

import flows.load.loading
import flows.nightly
from flows.nightly import morning, nation, nightly
from flows.steps import in_sentence
from ingest.contract import load_contracts
from ingest.registry.registry import RegistryError
from tests.support.deliveries import personal_values
from tests.support.nations import begin_province, national
from tests.support.night_homes import THREE_AGENCIES
from tests.support.nights import ROOT, copy_home, read_records, select, tree_of
from warehouse.config import Home

SOURCES = {source: in_sentence(contract.title_en) for source, contract in load_contracts().items()}
COLLECTS = [f"collect-{source}" for source in SOURCES]
STEPS = {
    "registry": "check the registry and the key",
    **{
        f"{verb}-{s}": f"{verb} {t}"
        for s, t in SOURCES.items()
        # A source without deliveries has only its collect step.
        for verb in (
            ("collect", "conform", "judge", "land") if (THREE_AGENCIES / "inbox" / s).is_dir() else ("collect",)
        )
    },
    "calendar": "extend the calendar",
    "decide": "compare with what is published",
    "build-core": "build core tables",
    "methods": "compute statistics",
    "build-marts": "build marts",
    "judge-marts": "judge marts",
    "build-quality": "build quality tables",
    "publish": "audit and publish",
    "data-docs": "write Data Docs",
}


@pytest.fixture(scope="module", autouse=True)
def harness() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="module")
def settings() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCHC_SETTLE_SECONDS", "0")
        patch.setenv("CCHC_REGISTRY", str(THREE_AGENCIES / "registry"))
        yield patch


@dataclass(frozen=True)
class FirstRun:
    """Three agencies after one run of the flow, and what Prefect recorded of it."""

    home: Home
    exit_code: int
    task_runs: list[TaskRun]
    artifacts: list[Artifact]


@pytest.fixture(scope="module")
def first_run(settings: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    home = Home(tmp_path_factory.mktemp("flow") / "home")
    shutil.copytree(THREE_AGENCIES / "inbox", home.inbox)
    settings.setenv("CCHC_HOME", str(home.root))
    exit_code, flow_run = nightly(), newest_flow_run()
    with get_client(sync_client=True) as client:
        written = client.read_artifacts(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run])))
    return FirstRun(home, exit_code, task_runs_of(flow_run), written)


@pytest.fixture
def empty_home(settings: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Home]:
    """A home without deliveries; retries do not wait."""
    settings.setenv("CCHC_HOME", str(tmp_path / "home"))
    original = flows.nightly.task

    def impatient_task(**options: Any) -> Any:
        return original(**{**options, "retry_delay_seconds": 0})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.nightly, "task", impatient_task)
        yield Home(tmp_path / "home")


def newest_flow_run() -> UUID:
    with get_client(sync_client=True) as client:
        return max(client.read_flow_runs(), key=lambda run: run.created).id


def task_runs_of(flow_run: UUID) -> list[TaskRun]:
    """In the order of their start."""
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run])))
    return sorted(runs, key=lambda run: run.start_time)


def test_the_flow_publishes_with_one_readable_task_run_per_step(first_run: FirstRun) -> None:
    assert first_run.exit_code == 0
    assert first_run.home.current.readlink().name.startswith("0001-20240331-")
    found = [(run.name, run.state_name, run.run_count) for run in first_run.task_runs]
    assert found == [(title, "Completed", 1) for title in STEPS.values()]


def test_only_steps_that_read_the_inbox_are_retried(first_run: FirstRun) -> None:
    retried = {run.name: run.empirical_policy.retries for run in first_run.task_runs if run.empirical_policy.retries}
    assert retried == {STEPS[name]: 2 for name in COLLECTS}


def test_the_artifact_summarises_the_night_without_dossiers_and_persons(first_run: FirstRun) -> None:
    home, (artifact,) = first_run.home, first_run.artifacts
    assert (artifact.key, artifact.type) == ("night", "markdown")
    text = str(artifact.data)
    assert home.current.readlink().name in text
    assert all(f"{load['source']}-{load['load_seq']} |" in text for load in read_records(home.loads))
    assert "timeliness.on_time_by_agency_month" in text
    values = personal_values(THREE_AGENCIES / "inbox") | {
        code for (code,) in select(home, "SELECT dossier_code FROM core.fct_dossier")
    }
    assert len(values) > 100
    assert [value for value in values if value in text] == []


def test_a_second_run_builds_nothing_and_ends_well(first_run: FirstRun, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("CCHC_HOME", str(first_run.home.root))
    before = tree_of(first_run.home.publications)
    assert nightly() == 0
    assert [run.name for run in task_runs_of(newest_flow_run())] == [
        STEPS[name] for name in ("registry", *COLLECTS, "decide")
    ]
    assert tree_of(first_run.home.publications) == before


@pytest.mark.usefixtures("empty_home")
def test_a_file_system_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = flows.load.loading.list_deliveries, []

    def fail_twice(inbox: str, source: str) -> Any:
        calls.append(source)
        if calls.count(source) < 3:
            raise OSError("the share is away")
        return original(inbox, source)

    monkeypatch.setattr(flows.load.loading, "list_deliveries", fail_twice)
    assert nightly() == 0
    assert calls == [source for source in SOURCES for _ in range(3)]
    tries = {run.name: run.run_count for run in task_runs_of(newest_flow_run())}
    assert tries["collect one-stop dossier log"] == tries["collect one-stop dossier events"] == 3
    assert tries["compare with what is published"] == 1


def test_a_file_system_that_stays_away_ends_the_night(empty_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fail(_inbox: str, source: str) -> Any:
        calls.append(source)
        raise OSError("the share is away")

    monkeypatch.setattr(flows.load.loading, "list_deliveries", fail)
    with pytest.raises(OSError, match="the share is away"):
        nightly()
    assert calls == ["assessments"] * 3
    assert not empty_home.lock_file.with_suffix(".json").exists()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("flows.load.loading.list_deliveries", ValueError("not a matter of the file system")),
        ("flows.build.building.decide", OSError("not a step that talks to the inbox")),
    ],
    ids=["another error", "another step"],
)
def test_nothing_else_is_tried_again(
    empty_home: Home, monkeypatch: pytest.MonkeyPatch, call: str, error: Exception
) -> None:
    calls = []

    def fail(*_: Any) -> Any:
        calls.append(call)
        raise error

    monkeypatch.setattr(call, fail)
    with pytest.raises(type(error), match=str(error)):
        nightly()
    assert len(calls) == 1
    assert not empty_home.publications.exists()


def test_a_broken_registry_reaches_the_caller_as_it_is(
    empty_home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CCHC_REGISTRY", str(tmp_path / "nowhere"))
    with pytest.raises(RegistryError, match=r"agencies\.csv"):
        nightly()
    (failed,) = task_runs_of(newest_flow_run())
    assert (failed.name, failed.run_count, failed.state_name) == (STEPS["registry"], 1, "Failed")
    assert not empty_home.publications.exists()


def test_provinces_and_their_nation_are_runs_with_a_home_as_parameter(
    first_run: FirstRun, settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.setenv("CCHC_HOME", str(tmp_path / "of the worker"))
    root = Home(tmp_path / "nation")
    copy_home(first_run.home, root.provinces / "56")
    begin_province(root, "56", with_inbox=False)
    silent = begin_province(root, "75", with_inbox=False)
    assert nightly(home=str(silent.root)) == 0
    assert silent.nights.is_dir()
    assert nation(str(root.root)) == 0
    included = national(root, "SELECT province_code, is_included FROM national.province ORDER BY ALL")
    assert included == [("56", True), ("75", False)]
    assert not (tmp_path / "of the worker").exists()


@pytest.mark.parametrize(("flow", "hour"), [(nightly, 2), (morning, 5)], ids=["nightly", "morning"])
def test_a_deployment_names_its_flow_and_its_hour(flow: Any, hour: int) -> None:
    content = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    (deployment,) = [entry for entry in content["deployments"] if entry["name"] == flow.name]
    path, name = deployment["entrypoint"].split(":")
    assert (ROOT / path).is_file()
    assert getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name) is flow
    (schedule,) = deployment["schedules"]
    assert (schedule["cron"], schedule["timezone"], schedule["active"]) == (f"0 {hour} * * *", "Asia/Ho_Chi_Minh", True)
    # The slot of a killed run is released after minutes or never; the lock file is released at once.
    assert "concurrency_limit" not in deployment
