"""Addresses of alerts: plain web addresses, and those of the services that Apprise supports.

Apprise is imported only for an address of the second kind.
"""

from __future__ import annotations

import logging
import re
from typing import Any

_WEB = ("http://", "https://")


def split_addresses(text: str) -> list[str]:
    """Returns the addresses of a setting, separated by spaces or commas; one may have commas of its own."""
    return re.split(r"[\s,]+(?=[a-z][a-z0-9+.-]*://)", text.strip(" ,\n\t"), flags=re.IGNORECASE)


def is_web(address: str) -> bool:
    """Returns whether an alert is posted there as it is."""
    return address.lower().startswith(_WEB)


def is_known(address: str) -> bool:
    """Returns whether an alert can be sent there."""
    return is_web(address) or open_apprise().Apprise.instantiate(address) is not None


def open_apprise() -> Any:
    """Returns the library without its log, because the log quotes addresses, which contain passwords."""
    import apprise

    logging.getLogger("apprise").disabled = True
    return apprise
