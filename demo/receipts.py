"""Draws the receipts: which agency receives how many dossiers, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from demo.conduct import Conduct
from demo.province import Province
from demo.workdays import CLOSING, DAY, Minutes, Workdays

_MONTH_WEIGHTS = (0.95, 0.7, 1.1, 1.05, 1.0, 1.05, 1.0, 1.0, 1.05, 1.1, 1.05, 1.15)
_WEEKDAY_WEIGHTS = (1.3, 1.1, 1.0, 0.95, 0.9, 0.6, 0.5)
_LINKED_SHARE = 0.06
_LARGEST_SEQUENCE = 999_999
# Even in a small demo every agency gets this many dossiers early enough to fall due within the period.
_FEWEST, _EARLY_SHARE = 3, 0.6


@dataclass(frozen=True)
class Receipts:
    """Dossiers in the order of receipt; agencies by number, `received` in minutes."""

    received: Minutes
    resolving: NDArray[np.int16]
    receiving: NDArray[np.int16]
    sequence: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.received)

    def part(self, first: int, stop: int) -> Receipts:
        """Returns the dossiers first..stop-1."""
        at = slice(first, stop)
        return Receipts(self.received[at], self.resolving[at], self.receiving[at], self.sequence[at])


def draw_receipts(
    province: Province,
    conduct: Conduct,
    workdays: Workdays,
    dossiers: int,
    first: date,
    last: date,
    rng: np.random.Generator,
    first_sequence: int = 1,
) -> Receipts:
    """Spreads `dossiers` over the days from first to last, inclusive, and over the agencies.

    Raises ValueError when an agency would receive more dossiers than the six digits of a code allow.
    """
    days = workdays.day(first) + _draw(_day_weights(workdays, first, last), dossiers, rng)
    received = np.sort(days * DAY + _draw(_minute_weights(), dossiers, rng)).astype(np.int32)
    resolving = _give_everyone_some(_draw(conduct.volume, dossiers, rng).astype(np.int16), conduct.volume)
    elsewhere = _draw(conduct.volume * province.has_one_stop, dossiers, rng)
    is_linked = (rng.random(dossiers) < _LINKED_SHARE) | ~province.has_one_stop[resolving]
    receiving = np.where(is_linked, elsewhere, resolving).astype(np.int16)
    by_agency = np.argsort(receiving, kind="stable")
    counts = np.bincount(receiving, minlength=len(province.agency_ids))
    if first_sequence + np.max(counts, initial=0) - 1 > _LARGEST_SEQUENCE:
        raise ValueError(f"{dossiers} dossiers are too many: one agency would receive more than {_LARGEST_SEQUENCE}")
    sequence = np.empty(dossiers, dtype=np.int32)
    starts = np.cumsum(counts) - counts
    sequence[by_agency] = np.arange(dossiers) - np.repeat(starts, counts) + first_sequence
    return Receipts(received, resolving, receiving, sequence)


def _give_everyone_some(resolving: NDArray[np.int16], volume: NDArray[np.float64]) -> NDArray[np.int16]:
    """Gives every agency with volume a few early dossiers, because an agency without any cannot be measured."""
    active = np.flatnonzero(volume > 0)
    early = resolving[: int(len(resolving) * _EARLY_SHARE)]
    fewest = min(_FEWEST, len(early) // max(1, len(active)))
    for agency in active:
        missing = fewest - int((early == agency).sum())
        if missing > 0:
            counts = np.bincount(early, minlength=len(volume))
            giver = np.flatnonzero(early == np.argmax(counts))
            early[giver[:: max(1, len(giver) // missing)][:missing]] = agency
    return resolving


def _draw(weights: NDArray[np.float64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    cumulated = np.cumsum(weights)
    return np.searchsorted(cumulated, rng.random(size) * cumulated[-1], side="right")


def _day_weights(workdays: Workdays, first: date, last: date) -> NDArray[np.float64]:
    days = [first + timedelta(at) for at in range((last - first).days + 1)]
    usual = np.array([_MONTH_WEIGHTS[day.month - 1] * _WEEKDAY_WEIGHTS[day.weekday()] for day in days])
    at = slice(workdays.day(first), workdays.day(last) + 1)
    is_working, is_after_working_day = workdays.is_working[at], workdays.is_working[at.start - 1 : at.stop - 1]
    # Some counters also open on an ordinary Saturday, which gives receipts on a day off.
    is_open_saturday = np.array([day.weekday() == 5 for day in days]) & ~is_working & is_after_working_day
    return usual * is_working + 0.01 * is_open_saturday


def _minute_weights() -> NDArray[np.float64]:
    weights = np.zeros(DAY)
    weights[7 * 60 + 30 : 11 * 60 + 30] = 1.0
    weights[13 * 60 + 30 : 15 * 60] = 0.9
    weights[15 * 60 : CLOSING] = 0.35
    return weights
