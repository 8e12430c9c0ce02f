"""Draws the behaviour of the simulated agencies: their volume, lateness and habits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from demo.province import DISTRICT_KIND, Province

_SIZE_BY_KIND = {"so": 1.0, "nganh_doc": 1.2, DISTRICT_KIND: 2.0, "dvsn": 0.2}


class Habit(IntEnum):
    """A recurring practice of an agency, independent of its lateness."""

    NONE = 0
    FINISHES_ON_THE_DUE_DAY = 1
    PAUSES_ON_THE_DUE_DAY = 2
    REGISTERS_AGAIN = 3
    FINISHES_AT_ONCE = 4
    PRINTS_A_LATER_DATE = 5
    ENTERS_LATE = 6
    ASKS_TWICE = 7
    APOLOGISES_AFTERWARDS = 8
    REOPENS = 9
    SENDS_NO_EVENTS = 10


@dataclass(frozen=True)
class Conduct:
    """Per agency: share of all dossiers (sum 1), probability that a dossier ends late or never ends, and its Habit."""

    volume: NDArray[np.float64]
    p_late: NDArray[np.float64]
    p_stuck: NDArray[np.float64]
    habit: NDArray[np.int8]


def draw_conduct(province: Province, rng: np.random.Generator) -> Conduct:
    """Draws the conduct: one agency never finishes many dossiers, one excels, districts are later, some have habits."""
    n = len(province.agency_ids)
    is_district = province.is_district
    size = np.array([_SIZE_BY_KIND.get(kind, 1.0) for kind in province.unit_kinds])
    volume = size * rng.lognormal(0.0, 0.6, n) * np.array([len(codes) > 0 for codes in province.catalogue])
    p_late = np.where(is_district, rng.uniform(0.025, 0.06, n), rng.uniform(0.01, 0.045, n))
    p_stuck = np.full(n, 0.002)
    habit = np.zeros(n, dtype=np.int8)
    # Agencies of medium size, so that both show in every chart without moving the province's rate.
    seen = [int(agency) for agency in np.argsort(-volume) if volume[agency] > 0 and not is_district[agency]]
    if len(seen) >= 2:
        rotting, excellent = seen[len(seen) // 3], seen[len(seen) // 3 - 1]
        p_late[rotting], p_stuck[rotting] = 0.12, 0.22
        p_late[excellent], p_stuck[excellent] = 0.002, 0.0
        # The largest other agencies get one habit each, so that a habit is distinguishable from chance.
        others = [agency for agency in seen if agency not in (rotting, excellent)]
        for agency, one in zip(others, [one for one in Habit if one != Habit.NONE], strict=False):
            habit[agency] = one
        p_late[habit == Habit.APOLOGISES_AFTERWARDS] = 0.08
    return Conduct(volume / volume.sum(), p_late, p_stuck, habit)
