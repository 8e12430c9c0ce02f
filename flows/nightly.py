"""The flows that a Prefect server runs by schedule: Prefect names, retries, times and reports each step of a night, and
adds nothing to what it means.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
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
from flows.night import Night
from flows.steps import NightReport, Runner, Step, run_night
from flows.watch.morning import HOURS, check_morning, tell_of_dead_night
from flows.watch.record import watch_night
from flows.watch.report import night_markdown
from warehouse.config import Home, Settings
from warehouse.nights import is_running, list_nights

# Older nights than this many are not asked after.
_LOOK_BACK = 10


class MorningError(RuntimeError):
    """The last night failed, has not finished, or never began; what to do is in the alert."""


def tell_of_crash(flow: Any, flow_run: Any, state: Any) -> None:  # noqa: ARG001
    """A hook of the worker: the night's process died without a word, by the kernel's hand for example."""
    for fault in tell_of_dead_night(Settings()):
        print(fault)


@flow(
    name="nightly",
    flow_run_name="nightly",
    timeout_seconds=4 * 3600,
    persist_result=False,
    on_crashed=[tell_of_crash],
)
def nightly(as_of: date | None = None) -> int:
    """Load every new delivery, build and publish one province.

    Called by: the schedule of prefect.yaml (02:00 Asia/Ho_Chi_Minh), or by hand. Needs: CCHC_HOME with an inbox, and
    CCHC_REGISTRY. Writes: everything below CCHC_HOME. `as_of` overrides the data date. Returns the exit code of
    `cchc nightly`; a fault raises.
    """
    settings = Settings()
    close_dead_runs(settings.layout)
    with watch_night(settings, "Prefect", get_run_logger().warning, str(flow_run.id)) as watch:
        watch.report = run_as_tasks(Night(settings, as_of=as_of))
    return watch.report.exit_code


@flow(name="morning", flow_run_name="morning", timeout_seconds=600, persist_result=False)
def morning(hours: float = HOURS) -> int:
    """Check that the night has ended and that everybody was told what it left to do.

    Called by: the schedule of prefect.yaml (05:00 Asia/Ho_Chi_Minh). Needs: CCHC_HOME. Writes: alerts. Returns the exit
    code of `cchc morning`; raises MorningError unless the night is done.
    """
    settings, log = Settings(), get_run_logger()
    found = check_morning(settings, hours)
    for fault in found.faults:
        log.warning(fault)
    for alert in found.alerts:
        log.warning(alert.text)
    close_dead_runs(settings.layout)
    if found.exit_code in (ExitCode.FAULT, ExitCode.LOCKED):
        raise MorningError(found.sentence)
    log.info(found.sentence)
    return found.exit_code


def close_dead_runs(home: Home) -> None:
    """Let Prefect's page say Crashed of a night that was killed with its worker: by itself it says Running for ever.

    Which nights are dead is known from their own record, so no other run is ever touched.
    """
    dead = [
        UUID(night.flow_run_id)
        for night in list_nights(home)[-_LOOK_BACK:]
        if night.flow_run_id and not night.is_finished and not is_running(home, night)
    ]
    if not dead:
        return
    with get_client(sync_client=True) as client:
        for run_id in dead:
            try:
                state = client.read_flow_run(run_id).state
            except ObjectNotFound:
                continue
            if state is not None and not state.is_final():
                client.set_flow_run_state(run_id, Crashed(message="killed in mid-night"), force=True)


def run_as_tasks(night: Night, tell: Runner | None = None) -> NightReport:
    """Run a night inside a flow, one Prefect task per step; `tell` shows each step to whoever waits at a terminal."""

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
        return tell(step, in_prefect) if tell else in_prefect()

    report = run_night(night, run)
    create_markdown_artifact(key="night", markdown=night_markdown(report), description="What the night did")
    get_run_logger().info("%s", report.decision.reason)
    return report


def work_of(step: Step, work: Callable[[], Any]) -> Callable[[], Any]:
    """A named function without parameters: Prefect neither hashes nor copies what a step works on."""

    def call() -> Any:
        return work()

    call.__name__ = step.name.replace("-", "_")
    call.__doc__ = step.title
    return call


def _is_io_error(_task: Any, _run: Any, state: Any) -> bool:
    """Only a file system or network that failed is tried again."""
    return isinstance(state.result(raise_on_failure=False), OSError)
