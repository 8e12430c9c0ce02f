"""The check after the night: has it ended, and does an alert name every open item?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.failures import ExitCode
from flows.watch.alerts import Alert, make_failed_alert, make_missing_alert, make_unfinished_alert
from flows.watch.channel import raise_alerts, send_again
from flows.watch.record import find_unreported_deliveries
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.nights import NightRecord, is_running, list_nights

# The check concerns the last night that began at most this long before it.
HOURS = 6.0


@dataclass(frozen=True)
class Morning:
    """What the check found. `exit_code` is that of `cchc morning`; `faults` are messages that could not be sent."""

    exit_code: int
    sentence: str
    alerts: tuple[Alert, ...]
    faults: tuple[str, ...]


def check_morning(settings: Settings, hours: float = HOURS) -> Morning:
    """Looks at the last night that began within `hours`, raises missing alerts, sends unsent messages.

    Needs no lock and no Prefect: a night that hangs, was killed or never began cannot tell of itself.
    """
    home, now = settings.layout, local_now()
    exit_code, sentence, alerts = _judge(home, now, hours)
    last = _nights_since(home, now - timedelta(hours=hours))
    alerts += find_unreported_deliveries(home, last[-1].night_id if last else None)
    faults = raise_alerts(settings, alerts)
    faults += [] if faults else send_again(settings)
    return Morning(exit_code, sentence, tuple(alerts), tuple(faults))


def alert_killed_night(settings: Settings) -> list[str]:
    """Raises the alert of a last night that was killed; returns a sentence per message that could not be sent."""
    home, now = settings.layout, local_now()
    nights = _nights_since(home, now - timedelta(hours=HOURS))
    if not nights or nights[-1].is_finished or is_running(home, nights[-1]):
        return []
    return raise_alerts(settings, [make_unfinished_alert(nights[-1], now, is_running=False)])


def _judge(home: Home, now: datetime, hours: float) -> tuple[int, str, list[Alert]]:
    since = now - timedelta(hours=hours)
    nights = _nights_since(home, since)
    if not nights:
        turned_away = [night for night in list_nights(home) if night.started_at >= since]
        alert = make_missing_alert(turned_away[-1] if turned_away else None, now, hours)
        return ExitCode.FAULT, f"no night ran in the last {hours:g} hours", [alert]
    night = nights[-1]
    began = f"the night of {night.started_at:%d/%m/%Y %H:%M}"
    if not night.is_finished:
        alive = is_running(home, night)
        alert = make_unfinished_alert(night, now, is_running=alive)
        if alive:
            return ExitCode.LOCKED, f"{began} is still running (process {night.pid})", [alert]
        return ExitCode.FAULT, f"{began} was killed", [alert]
    if not night.is_done:
        return ExitCode.FAULT, f"{began} failed ({night.exit_code}): {night.reason}", [make_failed_alert(night, now)]
    published = f", {night.publication_id}" if night.publication_id else ""
    code = ExitCode.HELD if night.exit_code == ExitCode.HELD else ExitCode.DONE
    return code, f"{began} is done ({night.exit_code}): {night.reason}{published}", []


def _nights_since(home: Home, since: datetime) -> list[NightRecord]:
    return [night for night in list_nights(home) if night.started_at >= since and night.exit_code != ExitCode.LOCKED]
