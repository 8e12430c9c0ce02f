"""How well a questionnaire was answered, from sums over its forms (methods §3.8)."""

from __future__ import annotations

import numpy as np


def cronbach_alpha(n_items: np.ndarray, item_variances: np.ndarray, total_variance: np.ndarray) -> np.ndarray:
    """Returns q/(q-1) (1 - sum of the items' variances / variance of their sum) (Cronbach 1951).

    NaN with fewer than two items or where the sums do not vary.
    """
    q = np.asarray(n_items, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = q / (q - 1) * (1 - item_variances / total_variance)
    return np.where((q >= 2) & (np.asarray(total_variance) > 0), alpha, np.nan)


def intraclass_correlation(
    n_groups: np.ndarray, n: np.ndarray, sum_of_squared_sizes: np.ndarray, between: np.ndarray, within: np.ndarray
) -> np.ndarray:
    """Returns the share of the variance that lies between groups, by analysis of variance (Kish 1965 sec. 5.4).

    `between`, `within`: sums of squares. rho = (MSB - MSW)/(MSB + (m - 1) MSW) with m = (n - sum m_j^2/n)/(k - 1);
    may be negative. NaN with fewer than two groups, without repetition, or without any variance.
    """
    k, n = np.asarray(n_groups, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = (n - sum_of_squared_sizes / n) / (k - 1)
        msb, msw = between / (k - 1), within / (n - k)
        rho = (msb - msw) / (msb + (size - 1) * msw)
    return np.where((k >= 2) & (n > k) & (msb + msw > 0), rho, np.nan)
