"""Intervals where the t interval fails: shares near 0 or 1, few forms, hardly any variance."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta, t


def effective_size(
    p: np.ndarray, se: np.ndarray, n: np.ndarray, df: np.ndarray, alpha: float | np.ndarray
) -> np.ndarray:
    """Returns the effective number of forms behind a share p (0-1), at most n (Korn & Graubard 1998; Parker 2017).

    n_e = min(n, p(1-p)/SE^2 (t_{n-1}/t_df)^2), and n where SE is 0 or p is 0 or 1. NaN where df <= 0 or n < 2.
    """
    p, se, n, df = (np.asarray(values, dtype=float) for values in (p, se, n, df))
    with np.errstate(divide="ignore", invalid="ignore"):
        widening = t.ppf(1 - alpha / 2, n - 1) / t.ppf(1 - alpha / 2, df)
        effective = np.minimum(n, p * (1 - p) / se**2 * widening**2)
    effective = np.where((se == 0) | (p <= 0) | (p >= 1), n, effective)
    return np.where((df > 0) & (n >= 2), effective, np.nan)


def korn_graubard(p: np.ndarray, effective: np.ndarray, alpha: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the Clopper-Pearson limits of a share p (0-1) at its effective size (Korn & Graubard 1998)."""
    p, effective = np.asarray(p, dtype=float), np.asarray(effective, dtype=float)
    x = p * effective
    with np.errstate(invalid="ignore"):
        lower = np.where(x <= 0, 0.0, beta.ppf(alpha / 2, x, effective - x + 1))
        upper = np.where(x >= effective, 1.0, beta.ppf(1 - alpha / 2, x + 1, effective - x))
    unknown = np.isnan(x)
    return np.where(unknown, np.nan, lower), np.where(unknown, np.nan, upper)


def moderated_variance(
    variance: np.ndarray, df: np.ndarray, pooled: np.ndarray, prior_df: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns (df s^2 + d0 s0^2)/(df + d0) and df + d0 (Smyth 2004 sec. 4)."""
    total = np.asarray(df, dtype=float) + prior_df
    return (df * variance + prior_df * pooled) / total, total


def t_interval(
    estimate: np.ndarray, se: np.ndarray, df: np.ndarray, alpha: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns estimate -/+ t SE; NaN where df <= 0, never the limits of the normal distribution."""
    with np.errstate(invalid="ignore"):
        half = np.where(np.asarray(df) > 0, t.ppf(1 - alpha / 2, df) * se, np.nan)
    return estimate - half, estimate + half
