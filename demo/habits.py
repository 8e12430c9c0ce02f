"""Selects the dossiers that show an agency's habit: practices that improve its figures or break a rule."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from demo.conduct import Habit
from demo.receipts import Receipts
from demo.workdays import DAY, NEVER, Minutes, Workdays

OPENING = 7 * 60
# Minutes between the withdrawal of a dossier and its re-registration.
_SOONEST, _LATEST = 10, 50


# Share of an agency's dossiers that show its habit.
_SHARES = {
    Habit.FINISHES_ON_THE_DUE_DAY: 0.85,
    Habit.PAUSES_ON_THE_DUE_DAY: 0.3,
    Habit.REGISTERS_AGAIN: 0.5,
    Habit.FINISHES_AT_ONCE: 0.75,
    Habit.PRINTS_A_LATER_DATE: 0.6,
    Habit.ENTERS_LATE: 0.4,
    Habit.ASKS_TWICE: 0.2,
    Habit.APOLOGISES_AFTERWARDS: 1.0,
    Habit.REOPENS: 0.12,
    Habit.SENDS_NO_EVENTS: 1.0,
}


def draw_habits(
    receipts: Receipts, habit_of: NDArray[np.int8], official: Workdays, year: int, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Draws per dossier the Habit of its resolving agency that it shows, mostly none."""
    habit = habit_of[receipts.resolving]
    shares = np.array([_SHARES.get(one, 0.0) for one in Habit])
    is_shown = rng.random(len(receipts)) < shares[habit]
    # The agency sends events until the middle of the year; without any, it could not be measured.
    is_sent = receipts.received < official.day(date(year, 7, 1)) * DAY
    return np.where(is_shown & ~((habit == Habit.SENDS_NO_EVENTS) & is_sent), habit, Habit.NONE).astype(np.int8)


def pair_again(
    receipts: Receipts,
    version: NDArray[np.int32],
    due_index: NDArray[np.int64],
    habit: NDArray[np.int8],
    official: Workdays,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], Minutes]:
    """Pairs re-registered dossiers: returns each one's predecessor (or itself) and its withdrawal (or NEVER).

    A dossier is withdrawn on its due day, minutes before the next receipt of the same agency and procedure.
    """
    n, received = len(receipts), receipts.received.astype(np.int64)
    predecessor, given_up = np.arange(n), np.full(n, NEVER, dtype=np.int32)
    is_theirs = habit == Habit.REGISTERS_AGAIN
    for one in np.unique(version[is_theirs]):
        listed = np.flatnonzero(is_theirs & (version == one))
        former = listed[::2]
        # Only odd positions are re-registrations, so that no dossier is both withdrawn and a re-registration.
        place = np.searchsorted(received[listed], official.at(due_index[former], OPENING)) | 1
        place, first = np.unique(place, return_index=True)
        is_known = place < len(listed)
        former, latter = former[first][is_known], listed[place[is_known]]
        end = received[latter] - rng.integers(_SOONEST, _LATEST, len(latter))
        is_fitting = (official.index[received[latter] // DAY] == due_index[former]) & (end > received[former] + DAY)
        predecessor[latter[is_fitting]] = former[is_fitting]
        given_up[former[is_fitting]] = end[is_fitting]
    return predecessor, given_up
