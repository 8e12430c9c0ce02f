"""The flows that a Prefect server runs by schedule. Prefect names, retries, times and reports each step of a night. It
does not change the result.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Crashed

from flows.failures import ExitCode
from flows.nation.building import build_nation
from flows.nation.provinces import settings_of
from flows.night import Night
from flows.steps import NightReport, Runner, Step, run_night
from flows.watch.morning import HOURS, alert_killed_night, check_morning
from flows.watch.record import watch_night
from flows.watch.report import night_markdown
from warehouse.config import Home, Settings
from warehouse.nights import is_running, list_nights

# Only this many of the latest nights are checked.
_LOOK_BACK = 10


class MorningError(RuntimeError):
    """The last night failed, has not finished or did not start; the alert names the next steps."""


def raise_crash_alert(flow: Any, flow_run: Any, state: Any) -> None:  # noqa: ARG001
    """Hook of the worker: raises the alert of a run whose process was killed (for example by the OOM killer)."""
    for fault in alert_killed_night(settings_in(flow_run.parameters.get("home"))):
        print(fault)


def settings_in(home: str | None) -> Settings:
    """Returns the settings of a run: those of the worker, or of a province of a nation by its home."""
    return settings_of(Home(Path(home).resolve())) if home else Settings()


@flow(
    name="nightly",
    flow_run_name="nightly",
    timeout_seconds=4 * 3600,
    persist_result=False,
    on_crashed=[raise_crash_alert],
)
def nightly(as_of: date | None = None, home: str | None = None) -> int:
    """Load every new delivery, build and publish one province.

    Called by: the schedule of prefect.yaml (02:00 Asia/Ho_Chi_Minh), or by hand. Needs: CCHC_HOME with an inbox, and
    CCHC_REGISTRY. Writes: everything below CCHC_HOME. `as_of` overrides the data date. `home`: a province of a nation,
    with inbox, registry and key in it, instead of that of the environment. Returns the exit code of `cchc nightly`; a
    fault raises.
    """
    settings = settings_in(home)
    close_killed_runs(settings.layout)
    with watch_night(settings, "Prefect", get_run_logger().warning, str(flow_run.id)) as watch:
        watch.report = report = run_as_tasks(Night(settings, as_of=as_of))
    return report.exit_code


@flow(name="morning", flow_run_name="morning", timeout_seconds=600, persist_result=False)
def morning(hours: float = HOURS, home: str | None = None) -> int:
    """Check that the night has ended and that an alert names every open item.

    Called by: the schedule of prefect.yaml (05:00 Asia/Ho_Chi_Minh). Needs: CCHC_HOME. Writes: alerts. `home`: as of
    nightly. Returns the exit code of `cchc morning`; raises MorningError unless the night is done.
    """
    settings, log = settings_in(home), get_run_logger()
    found = check_morning(settings, hours)
    for fault in found.faults:
        log.warning(fault)
    for alert in found.alerts:
        log.warning(alert.text)
    close_killed_runs(settings.layout)
    if found.exit_code in (ExitCode.FAULT, ExitCode.LOCKED):
        raise MorningError(found.sentence)
    log.info(found.sentence)
    return found.exit_code


@flow(name="nation", flow_run_name="nation", timeout_seconds=3600, persist_result=False)
def nation(home: str) -> int:
    """Build and publish a nation from the current publications of its provinces.

    Called by: a schedule of the ministry's own (docs/national.md). Writes: build, ledger and publications of `home`,
    the nation's folder, and nothing of its provinces. Returns the exit code of `cchc nation build`; a fault raises.
    """
    settings = settings_in(home)
    with watch_night(settings, "Prefect", get_run_logger().warning, str(flow_run.id)) as watch:
        watch.report = report = build_nation(Night(settings))
    for pin in report.pins:
        if pin.needs_attention:
            get_run_logger().warning("%s is left out: %s", pin.province_code, pin.detail)
    get_run_logger().info("%s", report.decision.reason)
    return report.exit_code


def close_killed_runs(home: Home) -> None:
    """Marks a run that was killed with its worker as Crashed; Prefect shows it as Running otherwise.

    The records of the nights name the killed runs, so no other run is changed.
    """
    killed = [
        UUID(night.flow_run_id)
        for night in list_nights(home)[-_LOOK_BACK:]
        if night.flow_run_id and not night.is_finished and not is_running(home, night)
    ]
    if not killed:
        return
    with get_client(sync_client=True) as client:
        for run_id in killed:
            try:
                state = client.read_flow_run(run_id).state
            except ObjectNotFound:
                continue
            if state is not None and not state.is_final():
                client.set_flow_run_state(run_id, Crashed(message="killed before it ended"), force=True)


def run_as_tasks(night: Night, show: Runner | None = None) -> NightReport:
    """Runs a night inside a flow, one Prefect task per step; `show` prints each step on the terminal."""

    def run(step: Step, work: Callable[[], Any]) -> Any:
        in_prefect = task(
            name=step.name,
            task_run_name=step.title,
            retries=step.retries,
            retry_delay_seconds=[10.0, 60.0][: step.retries] or None,
            retry_condition_fn=_is_io_error if step.retries else None,
            timeout_seconds=step.timeout_seconds,
            cache_policy=NO_CACHE,
            persist_result=False,
        )(work_of(step, work))
        return show(step, in_prefect) if show else in_prefect()

    report = run_night(night, run)
    create_markdown_artifact(key="night", markdown=night_markdown(report), description="Summary of the night")
    get_run_logger().info("%s", report.decision.reason)
    return report


def work_of(step: Step, work: Callable[[], Any]) -> Callable[[], Any]:
    """Returns a named function without parameters, so that Prefect neither hashes nor copies the data of a step."""

    def call() -> Any:
        return work()

    call.__name__ = step.name.replace("-", "_")
    call.__doc__ = step.title
    return call


def _is_io_error(_task: Any, _run: Any, state: Any) -> bool:
    """Returns whether a file system or network failed; only these faults are retried."""
    return isinstance(state.result(raise_on_failure=False), OSError)
