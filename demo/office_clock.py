"""The office clock, which counts minutes of office time for limits in hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.province import holds_through, registry_rows
from demo.workdays import Minutes, Workdays

Count = NDArray[np.int64]


@dataclass(frozen=True)
class OfficeClock:
    """The morning and the afternoon of an office, as minutes of the day."""

    opens: int
    breaks: int
    resumes: int
    closes: int

    @property
    def minutes(self) -> int:
        """The minutes of a whole working day."""
        return self.breaks - self.opens + self.closes - self.resumes

    def worked(self, minute_of_day: NDArray[np.integer]) -> Count:
        """Returns the office minutes of a working day that have passed at a minute of the day."""
        morning = np.clip(minute_of_day, self.opens, self.breaks) - self.opens
        return (morning + np.clip(minute_of_day, self.resumes, self.closes) - self.resumes).astype(np.int64)

    def day_of(self, clock: Count) -> Count:
        """Returns the index of the working day of a clock reading; a day includes its last minute."""
        return -(-clock // self.minutes)

    def moments(self, clock: Count, official: Workdays) -> Minutes:
        """Returns the moments at which the clock shows these minutes, counted from the first working day."""
        day = self.day_of(clock)
        minute = clock - (day - 1) * self.minutes
        is_morning = minute <= self.breaks - self.opens
        return official.at(day, np.where(is_morning, self.opens, self.resumes - self.breaks + self.opens) + minute)


def read_office_clock(registry: Path, day: date) -> OfficeClock:
    """Reads the office hours in force on a day; those of the demo province if the registry has none."""
    for row in registry_rows(registry / "policy_parameters.csv"):
        if row["parameter"] == "office_hours" and holds_through(row, day, day):
            times = row["value"].replace(";", "-").split("-")
            return OfficeClock(*(60 * int(time[:2]) + int(time[3:]) for time in times))
    return OfficeClock(7 * 60 + 30, 11 * 60 + 30, 13 * 60 + 30, 17 * 60)
