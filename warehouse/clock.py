"""Local time of the provinces, used in `_at` columns independently of the machine's time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def local_now() -> datetime:
    """Now, to the second, without a zone."""
    return local_time(datetime.now(ZONE))


def local_time(moment: datetime | float) -> datetime:
    """Returns a moment (with a zone, or seconds since 1970) as local time, to the second, without a zone."""
    known = datetime.fromtimestamp(moment, ZONE) if isinstance(moment, (int, float)) else moment.astimezone(ZONE)
    return known.replace(microsecond=0, tzinfo=None)
