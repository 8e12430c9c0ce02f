"""Time of the simulation: minutes since the first day of the year before, and the working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.province import registry_rows
from ingest.registry.calendar import CalendarOverride, working_calendar

DAY = 1440
NEVER = np.int32(np.iinfo(np.int32).max)
CLOSING = 17 * 60

Minutes = NDArray[np.int32]


@dataclass(frozen=True)
class Workdays:
    """Working days between 1 January of the year before and 31 December of the year after next.

    Days are numbered from `origin`; `index[day]` counts the working days up to and including it (methods §4.1), and
    `numbers[k]` is the day on which that count becomes k + 1.
    """

    origin: date
    is_working: NDArray[np.bool_]
    index: NDArray[np.int32]
    numbers: NDArray[np.int32]

    def day(self, calendar_date: date) -> int:
        """Returns the number of a calendar date."""
        return (calendar_date - self.origin).days

    def end_of(self, calendar_date: date) -> int:
        """Returns the last minute of a calendar date."""
        return self.day(calendar_date) * DAY + DAY - 1

    def at(self, working_index: NDArray[np.integer], minute_of_day: NDArray[np.integer] | int) -> Minutes:
        """Returns the moment on the working day with this index; NEVER beyond the last day."""
        is_known = working_index <= len(self.numbers)
        day = self.numbers[np.clip(working_index - 1, 0, len(self.numbers) - 1)]
        return np.where(is_known, day * DAY + minute_of_day, NEVER).astype(np.int32)

    def moments(self, minutes: Minutes) -> NDArray[np.datetime64]:
        """Converts minutes to local time without a time zone."""
        return np.datetime64(self.origin, "us") + minutes.astype("timedelta64[m]").astype("timedelta64[us]")


def official_workdays(registry: Path, year: int) -> Workdays:
    """Reads the province's working days: the working calendar with the registry's calendar_overrides.csv."""
    overrides = [
        CalendarOverride(
            date.fromisoformat(row["calendar_date"]),
            row["is_working_day"] == "1",
            row["holiday_name"] or None,
            row["source_document"],
        )
        for row in registry_rows(registry / "calendar_overrides.csv")
    ]
    calendar = working_calendar(*_span(year), overrides)
    return _workdays(year, calendar["is_working_day"].to_numpy())


def naive_workdays(year: int) -> Workdays:
    """Returns Monday to Friday, the calendar of the one-stop software when it prints the due date."""
    first, last = _span(year)
    weekdays = (first.weekday() + np.arange((last - first).days + 1)) % 7
    return _workdays(year, weekdays < 5)


def _span(year: int) -> tuple[date, date]:
    return date(year - 1, 1, 1), date(year + 2, 12, 31)


def _workdays(year: int, is_working: NDArray[np.bool_]) -> Workdays:
    numbers = np.flatnonzero(is_working).astype(np.int32)
    return Workdays(_span(year)[0], is_working, np.cumsum(is_working, dtype=np.int32), numbers)
