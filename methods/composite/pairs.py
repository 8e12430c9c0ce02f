"""Every pair of a family on the criteria that apply to both, and what the hard bounds say of it (methods §5.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from methods.composite.rules import bounds
from methods.composite.scores import Scores, divide


@dataclass(frozen=True)
class Pairs:
    """Ordered pairs: positions of both units, and their comparison. `verdict` 1 higher, -1 lower, 0 cannot tell."""

    unit: np.ndarray
    other: np.ndarray
    n_common: np.ndarray
    common_max: np.ndarray
    diff_points: np.ndarray
    verdict: np.ndarray


def compare_pairs(scores: Scores, members: np.ndarray) -> Pairs:
    """Returns all ordered pairs of the complete units among `members` (positions).

    diff_points is 100 times the weighted mean difference over common criteria, NaN without any. A unit is higher if it
    would be ahead with nothing on its excluded criteria and the other with everything on its own (Manski 2003).
    """
    members = members[scores.is_complete[members]]
    known, points = scores.known[members].astype(float), scores.points[members]
    lower, upper = (values[members] for values in bounds(scores))
    first, second = (part.ravel() for part in np.indices((len(members),) * 2))
    first, second = first[first != second], second[first != second]
    common_max = ((known * scores.weight) @ known.T)[first, second]
    difference = (points @ known.T - known @ points.T)[first, second]
    is_higher, is_lower = lower[first] > upper[second], upper[first] < lower[second]
    return Pairs(
        unit=members[first],
        other=members[second],
        n_common=np.round((known @ known.T)[first, second]).astype(np.int64),
        common_max=common_max,
        diff_points=100 * divide(difference, common_max),
        verdict=is_higher.astype(np.int64) - is_lower.astype(np.int64),
    )


def bound_ranks(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Returns the best and worst rank that the hard bounds leave to the complete units, 0 for the others."""
    index = np.flatnonzero(scores.is_complete)
    lower, upper = (values[index] for values in bounds(scores))
    best, worst = np.zeros(len(scores.group), dtype=np.int64), np.zeros(len(scores.group), dtype=np.int64)
    best[index] = 1 + (len(index) - np.searchsorted(np.sort(lower), upper, side="right"))
    worst[index] = len(index) - np.searchsorted(np.sort(upper), lower, side="left")
    return best, worst
