"""How sure a rating is, given the standard error of the index (methods §5.6)."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

FIRM_FROM = 0.95


def rating_probability(index: np.ndarray, se: np.ndarray, floor: np.ndarray, next_floor: np.ndarray) -> np.ndarray:
    """Returns the probability that the index lies in [floor, next floor); NaN without a standard error above 0.

    A NaN floor has no lower end, a NaN next floor no upper end.
    """
    low, high = np.where(np.isnan(floor), -np.inf, floor), np.where(np.isnan(next_floor), np.inf, next_floor)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = norm.cdf((high - index) / se) - norm.cdf((low - index) / se)
    return np.where(se > 0, p, np.nan)


def rating_status(p: np.ndarray) -> np.ndarray:
    """Returns `firm` from 0.95 on, `borderline` below, `no_interval` for NaN."""
    return np.where(np.isnan(p), "no_interval", np.where(p >= FIRM_FROM, "firm", "borderline"))
