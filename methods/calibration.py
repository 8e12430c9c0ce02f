"""Weights adjusted to known totals: post-stratification and raking, and the residuals for their variance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOLERANCE = 1e-9
TRIM = (0.3, 3.0)
_ROUNDS = 1000


def post_stratify(weights: np.ndarray, group: np.ndarray, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns w N_g / sum of w in the group (Holt & Smith 1979), and the group that each group was merged into.

    `group` codes from 0 in the order of `totals`. A group with a total but without a form is merged with the nearest
    one that has forms: the one before, else the one after.
    """
    held = np.bincount(group, weights=weights, minlength=len(totals))
    filled = np.flatnonzero(held > 0)
    if len(filled) == 0:
        raise ValueError("no form carries a weight")
    before = np.searchsorted(filled, np.arange(len(totals)), side="right") - 1
    merged = filled[np.maximum(before, 0)]
    wanted = np.bincount(merged, weights=totals, minlength=len(totals))
    return weights * (wanted / np.where(held > 0, held, 1.0))[group], merged


def rake(
    weights: np.ndarray,
    margins: Sequence[tuple[np.ndarray, np.ndarray]],
    tolerance: float = TOLERANCE,
    trim: tuple[float, float] | None = None,
) -> np.ndarray:
    """Returns weights whose sums meet every margin (iterative proportional fitting; Deville, Sarndal & Sautory 1993).

    A margin is the code of each form and the totals by code. `trim` cuts the result to multiples of its median
    (0.3 and 3 by `TRIM`), after which the margins hold only nearly. Raises ValueError when a category with a total
    has no form, when the margins have different sums, or when the rounds do not converge.
    """
    sums = [float(totals.sum()) for _, totals in margins]
    if max(sums) - min(sums) > tolerance * max(sums):
        raise ValueError("the margins have different sums")
    raked = np.asarray(weights, dtype=float)
    for code, totals in margins:
        if np.any((np.bincount(code, weights=raked, minlength=len(totals)) == 0) & (totals > 0)):
            raise ValueError("a category with a total has no form")
    for _ in range(_ROUNDS):
        worst = 0.0
        for code, totals in margins:
            held = np.bincount(code, weights=raked, minlength=len(totals))
            factor = totals / np.where(held > 0, held, 1.0)
            worst = max(worst, float(np.max(np.abs(factor[held > 0] - 1), initial=0.0)))
            raked = raked * factor[code]
        if worst <= tolerance:
            return raked if trim is None else np.clip(raked, *(np.median(raked) * np.asarray(trim)))
    raise ValueError("raking does not converge")


def calibration_residuals(linearised: np.ndarray, weights: np.ndarray, categories: Sequence[np.ndarray]) -> np.ndarray:
    """Returns the linearised values without what the known totals explain: what the variance is taken of.

    `linearised` holds the calibrated weight as a factor. With one set of categories these are deviations from the
    means of the post-strata; with several, the residuals of a weighted regression on all of them.
    """
    columns = [(code[:, None] == np.unique(code)).astype(float) for code in categories]
    known = np.hstack(columns)
    root = np.sqrt(weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(weights > 0, linearised / weights, 0.0)
    coefficients = np.linalg.lstsq(known * root[:, None], values * root, rcond=None)[0]
    return weights * (values - known @ coefficients)


def weighting_effect(weights: np.ndarray) -> float:
    """Returns n sum w^2 / (sum w)^2, what unequal weights alone cost (Kish 1965 sec. 11.7)."""
    return float(len(weights) * (weights**2).sum() / weights.sum() ** 2)
