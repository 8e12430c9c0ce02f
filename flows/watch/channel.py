"""Delivers alerts: always as files in <home>/alerts, and as messages to the addresses of CCHC_ALERT_URL.

A message that cannot be sent never fails a night: the fault is returned, and the next morning check sends the message
again to the addresses that have not accepted it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from filelock import FileLock

from flows.watch.alerts import Alert
from flows.watch.sending import send_alert
from warehouse.addresses import split_addresses
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.records import read_notes, write_record

KEPT = timedelta(days=90)
_SENT_AGAIN = timedelta(days=7)
# Longer than one process needs to send its messages.
_PATIENCE_SECONDS = 60


def raise_alerts(settings: Settings, alerts: Iterable[Alert]) -> list[str]:
    """Writes and send each alert that was not raised before; returns a sentence per message that could not be sent.

    Raises OSError when an alert cannot be written, but sends it first, because a full disk has to be reported.
    """
    home, faults = settings.layout, []
    unwritten: OSError | None = None
    for alert in alerts:
        try:
            home.alerts.mkdir(parents=True, exist_ok=True)
            with _alone(home):
                if not _record_path(home, alert.alert_id).exists():
                    faults += _raise_one(settings, alert)
        except OSError as error:
            faults += _send(settings, alert)[1]
            unwritten = error
    if unwritten is not None:
        raise unwritten
    return faults


def send_again(settings: Settings) -> list[str]:
    """Sends the unsent messages of the last days; stops at the first that still fails."""
    home, limit = settings.layout, local_now() - _SENT_AGAIN
    if settings.alert_url is None or not home.alerts.is_dir():
        return []
    with _alone(home):
        unsent = [alert for alert in list_alerts(home) if alert.sent_at is None and alert.raised_at > limit]
        for alert in unsent:
            if faults := _deliver(settings, alert):
                return faults
    return []


def list_alerts(home: Home) -> list[Alert]:
    """Returns every alert kept, oldest first."""
    return sorted(read_notes(Alert, home.alerts), key=lambda alert: alert.raised_at)


def expire_alerts(home: Home) -> None:
    """Deletes expired alerts."""
    limit = local_now() - KEPT
    for alert in list_alerts(home):
        if alert.raised_at < limit:
            for path in (_text_path(home, alert.alert_id), _record_path(home, alert.alert_id)):
                path.unlink(missing_ok=True)


def _raise_one(settings: Settings, alert: Alert) -> list[str]:
    home = settings.layout
    _text_path(home, alert.alert_id).write_text(alert.text, encoding="utf-8")
    write_record(_record_path(home, alert.alert_id), alert)
    return _deliver(settings, alert)


def _deliver(settings: Settings, alert: Alert) -> list[str]:
    if settings.alert_url is None:
        return []
    taken_by, faults = _send(settings, alert)
    sent_at, fault = (None, faults[0]) if faults else (local_now(), None)
    ended = replace(alert, taken_by=taken_by, sent_at=sent_at, fault=fault)
    write_record(_record_path(settings.layout, alert.alert_id), ended)
    return faults


def _send(settings: Settings, alert: Alert) -> tuple[tuple[str, ...], list[str]]:
    """Sends it to every address that has not accepted it; returns those that have, and a sentence per fault.

    An address may contain a password, so it is named by its position and scheme.
    """
    url = settings.alert_url
    addresses = split_addresses(url.get_secret_value()) if url is not None else []
    taken_by, faults = list(alert.taken_by), []
    for place, address in enumerate(addresses, 1):
        name = f"{place} ({address.partition(':')[0].lower()})"
        if name in taken_by:
            continue
        if fault := send_alert(address, alert):
            faults.append(
                f"an alert could not be sent to CCHC_ALERT_URL, address {name}: {fault}; cchc morning sends it again"
            )
        else:
            taken_by.append(name)
    return tuple(taken_by), faults


def _alone(home: Home) -> FileLock:
    return FileLock(home.alerts / ".lock", timeout=_PATIENCE_SECONDS)


def _record_path(home: Home, alert_id: str) -> Path:
    return home.alerts / f"{alert_id}.json"


def _text_path(home: Home, alert_id: str) -> Path:
    return home.alerts / f"{alert_id}.txt"
