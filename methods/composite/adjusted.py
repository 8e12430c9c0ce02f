"""The difficulty-adjusted index: what a unit would have on the full set if it were as strong there (methods §5.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from methods.composite.rules import official
from methods.composite.scores import Scores, divide

# A criterion of fewer units has no difficulty of its own: it takes that of its area.
_FEWEST_UNITS = 3


@dataclass(frozen=True)
class Adjustment:
    """The fit share = ability + difficulty + residual, with the maxima as weights.

    Per unit: `ability`, `adjusted` (theta, 0-100, not clipped), `offset_points` (D: official - adjusted), `se_points`
    (exclusion uncertainty) and `component` (-1 without a known cell). Per criterion: `difficulty`. `residual` per cell.
    With more than one component nothing can be compared, and all but `component` is NaN.
    """

    ability: np.ndarray
    difficulty: np.ndarray
    residual: np.ndarray
    adjusted: np.ndarray
    offset_points: np.ndarray
    se_points: np.ndarray
    sigma: float
    component: np.ndarray

    @property
    def is_estimable(self) -> bool:
        """Whether all units hang together by common criteria."""
        return int(self.component.max(initial=0)) == 0


def adjust(scores: Scores, fewest_units: int = _FEWEST_UNITS) -> Adjustment:
    """Fits abilities and difficulties by weighted least squares on the known cells (Searle 1987 ch. 4).

    Abilities are eliminated first, so that only a system of the size of the criteria is solved. The difficulty of a
    criterion with fewer than `fewest_units` known cells is constrained to the mean of its area, weighted by the maxima
    (an area without any other: the mean of all), so that a unit to which everything applies keeps its official index.
    """
    weight, known = scores.weight, scores.known
    component = components(scores)
    free = _free_difficulties(scores, fewest_units)
    weighted = known * weight
    on_known = weighted.sum(axis=1)
    scale = divide(np.ones(len(known)), on_known)
    scaled = weighted * np.nan_to_num(scale)[:, None]
    system = np.diag(weighted.sum(axis=0)) - weighted.T @ scaled
    side = scores.points.sum(axis=0) - scaled.T @ scores.points.sum(axis=1)
    solution, _, rank, _ = np.linalg.lstsq(free.T @ system @ free, free.T @ side, rcond=1e-10)
    difficulty = free @ solution
    ability = divide((scores.points - weighted * difficulty).sum(axis=1), on_known)
    residual = np.where(known, scores.share - ability[:, None] - difficulty, np.nan)

    applicable = scores.applicable_max
    offset = 100 * (divide((scores.applies * weight) @ difficulty, applicable) - weight @ difficulty / scores.total)
    is_full = scores.applies.all(axis=1)
    offset = np.where(is_full, 0.0, offset)
    df = int(known.sum()) - int((on_known > 0).sum()) - int(rank)
    sigma = float(np.sqrt(np.nansum(weight * residual**2) / df)) if df > 0 else np.nan
    gap = np.maximum(divide(np.ones(len(known)), applicable) - 1 / scores.total, 0.0)
    se = np.where(is_full, 0.0, 100 * sigma * np.sqrt(gap))
    base = official(scores)

    estimable = int(component.max(initial=0)) == 0

    def shown(values: np.ndarray, where: np.ndarray | bool = True) -> np.ndarray:
        return np.where(estimable & np.asarray(where), values, np.nan)

    return Adjustment(
        ability=shown(ability),
        difficulty=shown(difficulty),
        residual=shown(residual),
        adjusted=shown(base - offset),
        offset_points=shown(offset, scores.is_complete),
        se_points=shown(se, scores.is_complete),
        sigma=sigma if estimable else np.nan,
        component=component,
    )


def components(scores: Scores) -> np.ndarray:
    """Returns the component of every unit in the graph of units and criteria, 0 the first; -1 without a known cell."""
    n_units, n_criteria = scores.known.shape
    rows, columns = np.nonzero(scores.known)
    edges = csr_matrix((np.ones(len(rows)), (rows, n_units + columns)), shape=(n_units + n_criteria,) * 2)
    _, label = connected_components(edges, directed=False)
    has_cells = scores.known.any(axis=1)
    own = np.full(n_units, -1, dtype=np.int64)
    own[has_cells] = np.unique(label[:n_units][has_cells], return_inverse=True)[1]
    return own


def contributions(scores: Scores, fit: Adjustment) -> np.ndarray:
    """Returns what every criterion adds to the distance of a unit from its group (Shapley 1953), in index points.

    phi = 100 (w / W_A)(share - mean ability of the group - difficulty). Per unit they add up to adjusted - the mean
    adjusted index of the group, and together with the offset to r1 - that mean. NaN where nothing is earned, and for
    units with pending points.
    """
    mean = group_mean(scores, fit.ability)
    part = scores.weight * divide(np.ones(len(mean)), scores.applicable_max)[:, None]
    phi = 100 * part * (scores.share - mean[:, None] - fit.difficulty)
    return np.where(scores.is_complete[:, None], phi, np.nan)


def group_mean(scores: Scores, values: np.ndarray) -> np.ndarray:
    """Returns for every unit the mean over the complete units of its group, NaN for a group without any."""
    counted = scores.is_complete & ~np.isnan(values)
    size = int(scores.group.max(initial=-1)) + 1
    sums = np.bincount(scores.group[counted], weights=values[counted], minlength=size)
    return divide(sums, np.bincount(scores.group[counted], minlength=size))[scores.group]


def mean_residuals(scores: Scores, fit: Adjustment) -> np.ndarray:
    """Returns groups × areas: the weighted mean residual in per cent; far from 0, difficulty differs by group."""
    in_group = (np.arange(int(scores.group.max(initial=-1)) + 1)[:, None] == scores.group).astype(float)
    weighted = np.where(scores.known, fit.residual, 0.0) * scores.weight
    return 100 * divide(
        in_group @ weighted @ scores.in_area, in_group @ (scores.known * scores.weight) @ scores.in_area
    )


def _free_difficulties(scores: Scores, fewest_units: int) -> np.ndarray:
    """Returns the matrix that gives every criterion its difficulty from those that have one of their own."""
    is_free = scores.known.sum(axis=0) >= fewest_units
    own = np.eye(len(is_free))[:, is_free]
    same_area = (scores.in_area @ scores.in_area.T)[:, is_free] * scores.weight[is_free]
    anywhere = np.broadcast_to(scores.weight[is_free], same_area.shape)
    source = np.where(same_area.sum(axis=1, keepdims=True) > 0, same_area, anywhere)
    if not is_free.any():
        return own
    return np.where(is_free[:, None], own, source / source.sum(axis=1, keepdims=True))
