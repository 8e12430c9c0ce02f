"""How an alert reaches people: always as files in <home>/alerts, and by POST where CCHC_ALERT_URL names an address.

A message that cannot be sent never fails a night: the fault is handed back to be told, and the next morning check sends
it again.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock

from flows.watch.alerts import Alert
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.files import write_json

KEPT = timedelta(days=90)
_SENT_AGAIN = timedelta(days=7)
_TIMEOUT_SECONDS = 10
# Longer than one writer may need to send its messages.
_PATIENCE_SECONDS = 60


def raise_alerts(settings: Settings, alerts: Iterable[Alert]) -> list[str]:
    """Write and send each alert that was not raised before; returns a sentence per message that could not be sent.

    Raises OSError when an alert cannot be written, but sends it first: a full disk is just when somebody must hear.
    """
    home, faults = settings.layout, []
    unwritten: OSError | None = None
    for alert in alerts:
        try:
            home.alerts.mkdir(parents=True, exist_ok=True)
            with _alone(home):
                if not _document_path(home, alert.alert_id).exists():
                    faults += _raise_one(settings, alert)
        except OSError as error:
            faults += _send(settings, alert.as_document())
            unwritten = error
    if unwritten is not None:
        raise unwritten
    return faults


def send_again(settings: Settings) -> list[str]:
    """Send what could not be sent in the last days; stops at the first that still cannot be."""
    home, limit = settings.layout, local_now() - _SENT_AGAIN
    if settings.alert_url is None or not home.alerts.is_dir():
        return []
    with _alone(home):
        unsent = [alert for alert in list_alerts(home) if alert["sent_at"] is None and _raised_at(alert) > limit]
        for document in unsent:
            if faults := _deliver(settings, document):
                return faults
    return []


def list_alerts(home: Home) -> list[dict[str, Any]]:
    """Every alert kept, oldest first."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in home.alerts.glob("*.json")]
    return sorted(documents, key=_raised_at)


def expire_alerts(home: Home) -> None:
    """Delete what was raised longer ago than alerts are kept."""
    limit = local_now() - KEPT
    for document in list_alerts(home):
        if _raised_at(document) < limit:
            for path in (_text_path(home, document["alert_id"]), _document_path(home, document["alert_id"])):
                path.unlink(missing_ok=True)


def _raise_one(settings: Settings, alert: Alert) -> list[str]:
    home, document = settings.layout, {**alert.as_document(), "sent_at": None, "fault": None}
    _text_path(home, alert.alert_id).write_text(alert.text, encoding="utf-8")
    write_json(_document_path(home, alert.alert_id), document)
    return _deliver(settings, document)


def _deliver(settings: Settings, document: dict[str, Any]) -> list[str]:
    if settings.alert_url is None:
        return []
    faults = _send(settings, document)
    outcome = {"sent_at": None, "fault": faults[0]} if faults else {"sent_at": local_now().isoformat(), "fault": None}
    write_json(_document_path(settings.layout, document["alert_id"]), {**document, **outcome})
    return faults


def _send(settings: Settings, document: dict[str, Any]) -> list[str]:
    if settings.alert_url is None:
        return []
    body = {name: value for name, value in document.items() if name not in ("sent_at", "fault")}
    request = urllib.request.Request(
        settings.alert_url.get_secret_value(),
        data=json.dumps(body, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
            return []
    except urllib.error.HTTPError as error:
        what = f"the receiver answered {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        # The address itself may hold a password: what is told names the setting only.
        what = str(getattr(error, "reason", None) or type(error).__name__)
    return [f"an alert could not be sent to CCHC_ALERT_URL: {what}; cchc morning sends it again"]


def _alone(home: Home) -> FileLock:
    return FileLock(home.alerts / ".lock", timeout=_PATIENCE_SECONDS)


def _document_path(home: Home, alert_id: str) -> Path:
    return home.alerts / f"{alert_id}.json"


def _text_path(home: Home, alert_id: str) -> Path:
    return home.alerts / f"{alert_id}.txt"


def _raised_at(document: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(document["raised_at"])
