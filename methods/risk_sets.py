"""Risk sets by group: how many dossiers are under observation at each time. Every turnaround estimate uses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from methods.grouped import first_rows


@dataclass(frozen=True)
class RiskSets:
    """One row per group and time at which a dossier leaves, sorted by both.

    `first`: position of the group's first row. `n_risk`: dossiers under observation just before `time`. `n_left`:
    dossiers that leave at `time`; of them `n_finished` and `n_ended_otherwise`, the others are censored.
    """

    group: np.ndarray
    time: np.ndarray
    first: np.ndarray
    n_risk: np.ndarray
    n_left: np.ndarray
    n_finished: np.ndarray
    n_ended_otherwise: np.ndarray

    @property
    def is_first(self) -> np.ndarray:
        """Whether a row is the first one of its group."""
        return self.first == np.arange(len(self.first))

    @property
    def is_last(self) -> np.ndarray:
        """Whether a row is the last one of its group."""
        return np.append(self.is_first[1:], True)[: len(self.group)]


def risk_sets(group: np.ndarray, entry: np.ndarray, exit_: np.ndarray, kind: np.ndarray, n: np.ndarray) -> RiskSets:
    """Returns the risk sets n(t) = #{entry < t <= exit} of every group (Klein & Moeschberger 2003, sec. 4.6).

    `group` >= 0, `entry` whole days >= -1, `exit_` whole days >= 0, `kind` 0 finished, 1 ended otherwise, 2 censored,
    `n` the number of dossiers. Entry -1 is no delayed entry: the dossier is observed from the start and at risk at time
    0 too. A dossier with an exit not after its entry was never at risk and is left out.
    """
    observed = (exit_ > entry) & (n > 0)
    group, entry, exit_, kind, n = (values[observed] for values in (group, entry, exit_, kind, n))
    # Group and time are packed into one number, so that one sort and search serves all groups; -1 must fit as well.
    width = int(exit_.max(initial=0)) + 2
    cell, at = np.unique(group * width + exit_ + 1, return_inverse=True)
    leaving = _totals(kind * len(cell) + at, n, 3 * len(cell)).reshape(3, -1)
    entered, after = np.unique(group * width + entry + 1, return_inverse=True)
    entries = _totals(after, n, len(entered))
    n_left = leaving.sum(axis=0)

    # Entries and exits before a time are counted over all groups; those of earlier groups are equal and cancel out.
    n_entered_before = np.append(0, np.cumsum(entries))[np.searchsorted(entered, cell, side="left")]
    n_left_before = np.cumsum(n_left) - n_left
    own = cell // width
    return RiskSets(
        group=own,
        time=cell % width - 1,
        first=first_rows(own),
        n_risk=n_entered_before - n_left_before,
        n_left=n_left,
        n_finished=leaving[0],
        n_ended_otherwise=leaving[1],
    )


def _totals(index: np.ndarray, n: np.ndarray, length: int) -> np.ndarray:
    # Counts stay far below 2^53, so the doubles are exact.
    return np.bincount(index, weights=n, minlength=length).astype(np.int64)
