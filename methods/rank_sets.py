"""What a league table can say: confidence sets of ranks, tiers, and who may be among the first (methods §3.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from methods.differences import satterthwaite

# Differences with more degrees of freedom are tested as normal.
_NORMAL_FROM_DF = 30


@dataclass(frozen=True)
class RankSets:
    """Per unit: the simultaneous set lo..hi, the marginal set, and the tier, 1 at the top."""

    lo: np.ndarray
    hi: np.ndarray
    lo_marginal: np.ndarray
    hi_marginal: np.ndarray
    tier: np.ndarray


def rank_sets(score: np.ndarray, se: np.ndarray, df: np.ndarray, alpha: float) -> RankSets:
    """Returns the rank sets of the units of one family (Mogstad, Romano, Shaikh & Wilhelm 2024 sec. 3; Holm 1979).

    Sets are jointly valid with probability 1 - alpha, marginal sets one by one. Units are independent. Without any
    variance equal scores are never told apart and different ones always. df may be infinite. No element may be NaN.
    """
    if np.any(np.isnan(score) | np.isnan(se)):
        raise ValueError("a family has units with an estimate and a standard error only")
    score, variance = np.round(np.asarray(score, dtype=float), 9), np.asarray(se, dtype=float) ** 2
    z = _distances(score, variance, np.asarray(df, dtype=float))
    better = score[None, :] > score[:, None]
    differs = _step_down(z, alpha)
    differs_marginal = _step_down_rows(z, alpha)
    lo, hi = _sets(differs, better)
    lo_marginal, hi_marginal = _sets(differs_marginal, better)
    return RankSets(lo, hi, lo_marginal, hi_marginal, _tiers(score, differs))


def _distances(score: np.ndarray, variance: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Returns |difference| / SE of every pair on the scale of the normal distribution; -1 on the diagonal."""
    p = len(score)
    spread = np.sqrt(variance[:, None] + variance[None, :])
    gap = np.abs(score[:, None] - score[None, :])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, gap / spread, np.where(gap > 0, np.inf, 0.0))
        # sum(V)^2 / sum(V^2/df), at least the smaller of the two df: pairs of large df need no test of it.
        if np.any(df < _NORMAL_FROM_DF):
            rows, columns = np.triu_indices(p, 1)
            few = np.minimum(df[rows], df[columns]) < _NORMAL_FROM_DF
            rows, columns = rows[few], columns[few]
            degrees = satterthwaite(
                np.stack([variance[rows], variance[columns]], axis=-1), np.stack([df[rows], df[columns]], axis=-1)
            )
            small = degrees < _NORMAL_FROM_DF
            rows, columns, degrees = rows[small], columns[small], degrees[small]
            z[rows, columns] = z[columns, rows] = norm.isf(t.sf(z[rows, columns], degrees))
            unknown = np.isnan(z)
            z[unknown] = 0.0
    np.fill_diagonal(z, -1.0)
    return z


def _step_down(z: np.ndarray, alpha: float) -> np.ndarray:
    """Returns which pairs differ: the k-th largest of m distances is tested at zcrit(m - k + 1) until one fails."""
    p = len(z)
    rows, columns = np.triu_indices(p, 1)
    values = z[rows, columns]
    order = np.argsort(-values, kind="stable")
    passed = values[order] >= norm.isf(alpha / (2 * np.arange(len(order), 0, -1)))
    n_rejected = len(order) if passed.all() else int(np.argmin(passed))
    found = order[:n_rejected]
    differs = np.zeros((p, p), dtype=bool)
    differs[rows[found], columns[found]] = differs[columns[found], rows[found]] = True
    return differs


def _step_down_rows(z: np.ndarray, alpha: float) -> np.ndarray:
    """Returns the same for every unit by itself, over its p - 1 pairs."""
    p = len(z)
    if p < 2:
        return np.zeros((p, p), dtype=bool)
    order = np.argsort(-z, axis=1, kind="stable")[:, : p - 1]
    critical = norm.isf(alpha / (2 * np.arange(p - 1, 0, -1)))
    passed = np.logical_and.accumulate(np.take_along_axis(z, order, axis=1) >= critical, axis=1)
    differs = np.zeros((p, p), dtype=bool)
    np.put_along_axis(differs, order, passed, axis=1)
    return differs


def _sets(differs: np.ndarray, better: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns 1 + the number significantly better, and p - the number significantly worse."""
    lo = 1 + (differs & better).sum(axis=1)
    return lo, len(differs) - (differs & better.T).sum(axis=1)


def _tiers(score: np.ndarray, differs: np.ndarray) -> np.ndarray:
    """Returns tiers: a new one begins at a unit significantly below the first of the current one."""
    tier = np.zeros(len(score), dtype=np.int64)
    first, number = -1, 0
    for unit in np.argsort(-score, kind="stable"):
        if first < 0 or differs[unit, first]:
            first, number = unit, number + 1
        tier[unit] = number
    return tier
