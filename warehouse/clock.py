"""Local time of the provinces: what `_at` columns hold, whatever zone the machine is set to."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def local_now() -> datetime:
    """Now, to the second, without a zone."""
    return local_time(datetime.now(ZONE))


def local_time(moment: datetime | float) -> datetime:
    """A moment (with a zone, or seconds since 1970) as local time, to the second, without a zone."""
    known = datetime.fromtimestamp(moment, ZONE) if isinstance(moment, (int, float)) else moment.astimezone(ZONE)
    return known.replace(microsecond=0, tzinfo=None)
