"""Keeps the record of a night and raises its alerts, for every way to run it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from flows.build.decision import Decision
from flows.failures import ExitCode
from flows.watch.alerts import Alert, make_deliveries_alert, make_failed_alert, safe_reason
from flows.watch.channel import expire_alerts, list_alerts, raise_alerts
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.ledger import Ledger
from warehouse.nights import begin_night, keep_night
from warehouse.publication.publish import PublicationReport
from warehouse.records import RecordError

# Older loads were reported already, or are older than the alerts.
_REPORTED_WITHIN = timedelta(days=7)


class Report(Protocol):
    """The result of a night as its record has it, be it of a province or of a nation."""

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""

    @property
    def decision(self) -> Decision:
        """The decision whether to build, with its reason."""

    @property
    def publication(self) -> PublicationReport | None:
        """The publication; None when nothing was built."""


class Watch:
    """The night that is being recorded; the caller sets `report` when the night has run to its end."""

    report: Report | None = None


@contextmanager
def watch_night(
    settings: Settings, command: str, warn: Callable[[str], None], flow_run_id: str | None = None
) -> Iterator[Watch]:
    """Records the night that runs in this block and raises its alerts when it ends; never changes its outcome.

    `warn` receives a sentence when recording or alerting fails. A night that found the home locked is recorded without
    an alert; the morning check judges the night that held the lock.
    """
    home, watch = settings.layout, Watch()
    night = begin_night(command, flow_run_id)
    with _warning(warn):
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
        # A failed night reports its fault itself; the same fault may prevent its record.
        warn_about_record = warn if exit_code in (ExitCode.DONE, ExitCode.HELD) else lambda _: None
        ended = night.end(exit_code, reason, publication_id)
        with _warning(warn_about_record):
            keep_night(home, ended)
        with _warning(warn_about_record):
            is_failure = exit_code in (ExitCode.FAULT, ExitCode.USAGE, ExitCode.REFUSED)
            alerts = [make_failed_alert(ended, local_now())] if is_failure else []
            if exit_code != ExitCode.LOCKED:
                alerts += find_unreported_deliveries(home, ended.night_id)
            for fault in raise_alerts(settings, alerts):
                warn(fault)
            expire_alerts(home)


def find_unreported_deliveries(home: Home, night_id: str | None) -> list[Alert]:
    """An alert on recent loads that need attention and that no alert names yet; empty without any."""
    limit = local_now() - _REPORTED_WITHIN
    reported = {delivery.load_seq for alert in list_alerts(home) for delivery in alert.deliveries}
    unreported = [
        load
        for load in Ledger(home).loads()
        if load.needs_attention and load.loaded_at > limit and load.load_seq not in reported
    ]
    return [make_deliveries_alert(unreported, local_now(), night_id)] if unreported else []


def _explain(error: Exception) -> tuple[int, str]:
    from flows.failures import classify

    failure = classify(error)
    # The message of an unknown exception may quote a cell.
    sentence = f"a fault in the pipeline: {type(error).__name__}" if failure.is_ours else failure.sentence
    return failure.exit_code, safe_reason(sentence)


@contextmanager
def _warning(warn: Callable[[str], None]) -> Iterator[None]:
    """Turns a fault of the block into a warning, so that it does not replace the outcome of the night."""
    try:
        yield
    except OSError as error:
        warn(f"the record of the night could not be written: {error.strerror or type(error).__name__}")
    except RecordError as error:
        warn(str(error))
