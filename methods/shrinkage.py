"""Empirical Bayes estimates of small units: drawn to the mean of their group by how little is known of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shrunk:
    """Per unit the estimate and its standard error; of the group tau2 (between units), mu and Q."""

    estimate: np.ndarray
    se: np.ndarray
    tau2: float
    mu: float
    q: float


def shrink_means(y: np.ndarray, se: np.ndarray) -> Shrunk:
    """Returns the normal-normal estimates of one group (Fay & Herriot 1979; Morris 1983; methods §3.7).

    tau^2 by DerSimonian & Laird 1986, from the units with se > 0. A unit with se 0 is known and stays. With tau^2 = 0
    all others equal mu: no evidence that units differ.
    """
    y, variance = np.asarray(y, dtype=float), np.asarray(se, dtype=float) ** 2
    sampled = variance > 0
    if not sampled.any():
        return Shrunk(y.copy(), np.zeros(len(y)), float("nan"), float("nan"), float("nan"))
    w, k = 1 / variance[sampled], int(sampled.sum())
    fixed = (w * y[sampled]).sum() / w.sum()
    q = float((w * (y[sampled] - fixed) ** 2).sum())
    spread = w.sum() - (w**2).sum() / w.sum()
    tau2 = max(0.0, float((q - (k - 1)) / spread)) if k > 1 else 0.0
    weight = 1 / (variance[sampled] + tau2)
    mu = float((weight * y[sampled]).sum() / weight.sum())
    b = np.where(sampled, variance / np.where(sampled, variance + tau2, 1.0), 0.0)
    spread_of_unit = np.where(sampled, tau2 * variance / np.where(sampled, tau2 + variance, 1.0), 0.0)
    return Shrunk(mu + (1 - b) * (y - mu), np.sqrt(spread_of_unit + b**2 / weight.sum()), tau2, mu, q)


def shrink_shares(x: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Returns the beta-binomial estimates of one group, its share p and the intra-class correlation rho.

    Moments of Kleinman 1973; EB = (x + p M)/(n + M) with M = (1 - rho)/rho. rho 0: all equal p.
    """
    x, n = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    k, total = len(x), n.sum()
    p = float(x.sum() / total)
    between = (n * (x / n - p) ** 2).sum()
    noise = p * (1 - p)
    spread = noise * (total - (n**2).sum() / total - (k - 1))
    rho = max(0.0, float((between - noise * (k - 1)) / spread)) if spread > 0 else 0.0
    if rho == 0:
        return np.full(k, p), p, rho
    m = (1 - rho) / rho
    return (x + p * m) / (n + m), p, rho
