"""The nightly flow: Prefect names, retries, times and reports each step, and adds nothing to what it means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.night import Night
from flows.report import night_markdown
from flows.steps import NightReport, Runner, Step, run_night
from warehouse.config import Settings


@flow(name="nightly", flow_run_name="nightly", timeout_seconds=4 * 3600, persist_result=False)
def nightly(as_of: date | None = None) -> int:
    """Load every new delivery, build and publish one province.

    Called by: the schedule of prefect.yaml (02:00 Asia/Ho_Chi_Minh), or by hand. Needs: CCHC_HOME with an inbox, and
    CCHC_REGISTRY. Writes: everything below CCHC_HOME. `as_of` overrides the data date. Returns the exit code of
    `cchc nightly`; a fault raises.
    """
    return run_as_tasks(Night(Settings(), as_of=as_of)).exit_code


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
