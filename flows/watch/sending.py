"""Sends one alert to one address: a POST of its record to a plain http(s) address, else a message by Apprise."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

from pydantic_core import to_json

from flows.watch.alerts import Alert
from warehouse.addresses import is_web, open_apprise

_TIMEOUT_SECONDS = 10


def send_alert(address: str, alert: Alert) -> str | None:
    """Sends it; returns the reason of a failure without any part of the address, None on success."""
    return _post(address, alert) if is_web(address) else _notify(address, alert)


def _post(address: str, alert: Alert) -> str | None:
    request = urllib.request.Request(
        address,
        data=to_json(alert, exclude={"sent_at", "fault", "taken_by"}),
        headers={"Content-Type": "application/json; charset=utf-8"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        return f"the receiver answered {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", None) or type(error).__name__)


def _notify(address: str, alert: Alert) -> str | None:
    apprise = open_apprise()
    asset = apprise.AppriseAsset(app_id="cchc", app_desc="Kho dữ liệu CCHC", app_url="", async_mode=False)
    service = apprise.Apprise(asset=asset)
    title, _, body = alert.text.partition("\n")
    is_taken = service.add(address) and service.notify(
        title=title, body=body, notify_type=apprise.NotifyType.WARNING, body_format=apprise.NotifyFormat.TEXT
    )
    return None if is_taken else "the service did not accept it"
