"""Differences between two estimates, their tests, and what may be said of many of them at once."""

from __future__ import annotations

import numpy as np
from scipy.stats import t

from methods.proportions import wilson_interval


def satterthwaite(variances: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Returns the df of a sum of independent variances along the last axis (Satterthwaite 1946).

    (sum V)^2 / sum(V^2/df); infinite where every variance is 0 (nothing is estimated), NaN where a df is not positive.
    """
    variances, df = np.broadcast_arrays(np.asarray(variances, dtype=float), np.asarray(df, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(variances == 0, 0.0, variances**2 / df)
        total = variances.sum(axis=-1) ** 2 / parts.sum(axis=-1)
    total = np.where(variances.sum(axis=-1) == 0, np.inf, total)
    return np.where(np.any((df <= 0) & (variances > 0), axis=-1), np.nan, total)


def difference(
    earlier: np.ndarray,
    later: np.ndarray,
    variances: tuple[np.ndarray, np.ndarray],
    df: tuple[np.ndarray, np.ndarray],
    alpha: float | np.ndarray,
    covariance: np.ndarray | float = 0.0,
) -> dict[str, np.ndarray]:
    """Returns later - earlier with se, df, diff_lo, diff_hi and p_value (two-sided t; methods §3.4).

    `covariance` of the two estimates is 0 for independent samples; of samples that share PSUs it comes from the
    linearised values of the same PSUs. Without any variance equal numbers have p 1, different ones p 0.
    """
    diff = np.asarray(later, dtype=float) - np.asarray(earlier, dtype=float)
    variance = np.maximum(variances[0] + variances[1] - 2 * np.asarray(covariance), 0.0)
    degrees = satterthwaite(np.stack(variances, axis=-1), np.stack(df, axis=-1))
    se = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(se > 0, np.abs(diff) / se, np.where(diff == 0, 0.0, np.inf))
        p = 2 * t.sf(statistic, degrees)
        half = np.where(se > 0, t.ppf(1 - alpha / 2, degrees) * se, 0.0)
    unknown = np.isnan(se) | np.isnan(degrees)
    return {
        "diff": diff,
        "se": se,
        "df": degrees,
        "diff_lo": np.where(unknown, np.nan, diff - half),
        "diff_hi": np.where(unknown, np.nan, diff + half),
        "p_value": np.where(unknown | np.isnan(diff), np.nan, p),
    }


def difference_of_shares(
    x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the limits of p1 - p2 from the Wilson limits of both (Newcombe 1998b, method 10)."""
    p1, p2 = x1 / n1, x2 / n2
    (l1, u1), (l2, u2) = wilson_interval(x1, n1, alpha), wilson_interval(x2, n2, alpha)
    diff = p1 - p2
    return diff - np.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2), diff + np.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)


def holm(p_values: np.ndarray, family: np.ndarray) -> np.ndarray:
    """Returns the p-values adjusted within each family (Holm 1979); NaN is in no family.

    The k-th smallest of m is multiplied by m - k + 1, cut to 1, and never below the one before it.
    """
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.lexsort((p_values[known], family[known]))]
    _, starts, sizes = np.unique(family[order], return_index=True, return_counts=True)
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    raised = np.minimum(1.0, p_values[order] * (np.repeat(sizes, sizes) - rank))
    for start, size in zip(starts, sizes, strict=True):
        adjusted[order[start : start + size]] = np.maximum.accumulate(raised[start : start + size])
    return adjusted


def verdict(diff: np.ndarray, p_holm: np.ndarray, alpha: float | np.ndarray) -> np.ndarray:
    """Returns improved or declined exactly where p_holm < alpha, else no_clear_change."""
    with np.errstate(invalid="ignore"):
        is_clear = p_holm < alpha
    return np.where(is_clear & (diff > 0), "improved", np.where(is_clear & (diff < 0), "declined", "no_clear_change"))
