"""Keeps the record of a night around whatever runs it, and tells people when somebody has to act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from flows.failures import ExitCode
from flows.steps import NightReport
from flows.watch.alerts import Alert, safe_reason, tell_deliveries, tell_failed
from flows.watch.channel import expire_alerts, list_alerts, raise_alerts
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.ledger import Ledger
from warehouse.nights import begin_night, keep_night
from warehouse.records import RecordError

# Older deliveries were told of, or came before there were alerts.
_TOLD_WITHIN = timedelta(days=7)


class Watch:
    """What is known of the night so far; `report` is set by whoever ran it to its end."""

    report: NightReport | None = None


@contextmanager
def watch_night(
    settings: Settings, command: str, tell: Callable[[str], None], flow_run_id: str | None = None
) -> Iterator[Watch]:
    """Record the night that runs in this block and raise its alerts when it ends; never changes how it ends.

    `tell` gets a sentence when something of that could not be done. A night that another one's lock turned away is
    recorded and raises no alert: whether the other one ended well is for the morning check.
    """
    home, watch = settings.layout, Watch()
    night = begin_night(command, flow_run_id)
    with _telling(tell):
        keep_night(home, night)
    exit_code: int = ExitCode.INTERRUPTED
    reason, publication_id = "interrupted", None
    try:
        yield watch
        assert watch.report is not None
        exit_code, reason = watch.report.exit_code, watch.report.decision.reason
        published = watch.report.publication or watch.report.decision
        publication_id = published.publication_id
    except Exception as error:
        exit_code, reason = _explain(error)
        raise
    finally:
        # What keeps a failed night from being recorded is what it failed by, and that is told already.
        telling = tell if exit_code in (ExitCode.DONE, ExitCode.HELD) else lambda _: None
        ended = night.end(exit_code, reason, publication_id)
        with _telling(telling):
            keep_night(home, ended)
        with _telling(telling):
            is_failure = exit_code in (ExitCode.FAULT, ExitCode.USAGE, ExitCode.REFUSED)
            alerts = [tell_failed(ended, local_now())] if is_failure else []
            if exit_code != ExitCode.LOCKED:
                alerts += untold_deliveries(home, ended.night_id)
            for fault in raise_alerts(settings, alerts):
                tell(fault)
            expire_alerts(home)


def untold_deliveries(home: Home, night_id: str | None) -> list[Alert]:
    """An alert on the loads of the last days that need somebody and that no alert names yet, if there are any."""
    limit = local_now() - _TOLD_WITHIN
    told = {delivery.load_seq for alert in list_alerts(home) for delivery in alert.deliveries}
    untold = [
        load
        for load in Ledger(home).loads()
        if load.needs_attention and load.loaded_at > limit and load.load_seq not in told
    ]
    return [tell_deliveries(untold, local_now(), night_id)] if untold else []


def _explain(error: Exception) -> tuple[int, str]:
    from flows.failures import classify

    failure = classify(error)
    # What nobody expected may quote a cell in its message.
    sentence = f"a fault in the pipeline: {type(error).__name__}" if failure.is_ours else failure.sentence
    return failure.exit_code, safe_reason(sentence)


@contextmanager
def _telling(tell: Callable[[str], None]) -> Iterator[None]:
    """A home that cannot be written is told by the night itself; here it must not hide how the night ended."""
    try:
        yield
    except OSError as error:
        tell(f"the record of the night could not be kept: {error.strerror or type(error).__name__}")
    except RecordError as error:
        tell(str(error))
