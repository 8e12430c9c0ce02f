"""The simulated province in one year: registry, calendars, conduct, random streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from demo.conduct import Conduct, draw_conduct
from demo.exports import Export
from demo.habits import draw_habits
from demo.lives import Calendars, Lives, draw_lives
from demo.office_clock import OfficeClock, read_office_clock
from demo.province import SPELLINGS, Province, read_province
from demo.receipts import Receipts, draw_receipts
from demo.workdays import Workdays, naive_workdays, official_workdays

# 1.4 dossiers per person: many apply again.
_PEOPLE_PER_DOSSIER = 0.7


@dataclass(frozen=True)
class Scene:
    """A province in one year, drawn from `seed`. Every draw has its own random stream, named by integers."""

    province: Province
    conduct: Conduct
    official: Workdays
    naive: Workdays
    clock: OfficeClock
    seed: int

    def stream(self, *name: int) -> np.random.Generator:
        """Returns the random stream of this name (PCG64): the same for the same seed, year and name."""
        return np.random.Generator(np.random.PCG64([self.seed, self.province.year, *name]))

    def receipts(self, dossiers: int, first: date, last: date, first_sequence: int = 1) -> Receipts:
        """Draws receipts between two dates, inclusive, numbered per agency from `first_sequence`."""
        stream = self.stream(1, first_sequence)
        return draw_receipts(
            self.province, self.conduct, self.official, dossiers, first, last, stream, first_sequence=first_sequence
        )

    def lives(self, receipts: Receipts, dossiers: int, *name: int) -> Lives:
        """Draws the lives of these receipts, with applicants from a province that has `dossiers` dossiers."""
        people = max(1, int(dossiers * _PEOPLE_PER_DOSSIER))
        habit = draw_habits(receipts, self.conduct.habit, self.official, self.province.year, self.stream(5, *name))
        calendars = Calendars(self.official, self.naive, self.clock)
        return draw_lives(receipts, self.province, self.conduct, calendars, habit, people, self.stream(2, *name))

    def lives_in_chunks(self, dossiers: int, chunk: int) -> Iterator[Lives]:
        """Yields a year of dossiers in the order of receipt, `chunk` at a time."""
        year = self.province.year
        receipts = self.receipts(dossiers, date(year, 1, 1), date(year, 12, 31))
        for number, first in enumerate(range(0, dossiers, chunk)):
            yield self.lives(receipts.part(first, first + chunk), dossiers, number)

    def export(self, lives: Lives, last: date, *name: int) -> Export:
        """Returns the state of these dossiers in the software at the end of the day `last`."""
        spelling = self.stream(3, *name).integers(0, SPELLINGS, len(lives))
        return Export(lives, self.province, self.official, self.official.end_of(last), spelling)


def set_scene(registry: Path, seed: int, year: int, *, conduct_of: int | None = None) -> Scene:
    """Reads the registry and draws the conduct of its agencies, that of the year `conduct_of` if given.

    Raises ValueError when the registry has nothing to simulate in that year.
    """
    province = read_province(registry, year)
    conduct = draw_conduct(province, np.random.Generator(np.random.PCG64([seed, conduct_of or year, 0])))
    clock = read_office_clock(registry, date(year, 1, 1))
    return Scene(province, conduct, official_workdays(registry, year), naive_workdays(year), clock, seed)


def text_engine() -> duckdb.DuckDBPyConnection:
    """Opens an in-memory DuckDB that only formats text and keeps the order of rows."""
    return duckdb.connect(
        config={"threads": 2, "preserve_insertion_order": True, "autoinstall_known_extensions": False}
    )
