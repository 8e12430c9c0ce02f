"""Funnel plot of on-time rates: finds agencies that differ from the province by more than chance."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.stats import binom

# Over-dispersion is not estimated from fewer agencies; z is winsorised at these quantiles.
_FEWEST_UNITS = 5
_WINSORISE_AT = (0.1, 0.9)
_LIMITS = {"lim95_lo": 0.025, "lim95_hi": 0.975, "lim998_lo": 0.001, "lim998_hi": 0.999}


def exact_limit(p: float, n: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Returns the interpolated binomial limit of a share around `theta` (Spiegelhalter 2005a, appendix A.1, method M).

    r = qbinom(p; n, theta), a = (F(r) - p)/(F(r) - F(r-1)), limit = (r - a)/n. With a small n this can leave 0-1 or
    cross the target; the limit is then clipped to 0, 1 or the target. NaN where n is 0.
    """
    r = binom.ppf(p, n, theta)
    at, below = binom.cdf(r, n, theta), binom.cdf(r - 1, n, theta)
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = (r - (at - p) / (at - below)) / n
    inside = np.maximum(limit, theta) if p > 0.5 else np.minimum(np.maximum(limit, 0.0), theta)
    return np.where(n > 0, np.where((theta == 0) | (theta == 1), theta, inside), np.nan)


def funnel(units: pa.Table) -> pa.Table:
    """Returns target, control limits and standardised distance of every agency and year (methods §4.7).

    In: year, agency_id, n_due_cohort, n_due_on_time; one row per key. Out: year, agency_id, target_pct (R1 of all
    agencies of the year together), lim95_lo, lim95_hi, lim998_lo, lim998_hi (0-100, `exact_limit`), z (arcsine scale),
    z_adj (with over-dispersion), phi, tau2 (of the year; Spiegelhalter 2005b), flags (`too_few_units` or NULL).

    NULL: limits and z of an agency without dossiers due; the target of a year without any; z, z_adj, phi and tau2 where
    the target is 0 or 100 (the limits then equal it); z_adj, phi and tau2 in a year with fewer than 5 agencies. An
    agency outside the 99.8 % limits deserves an investigation. Raises ValueError when n_due_on_time exceeds
    n_due_cohort.
    """
    years, year = np.unique(units["year"].to_numpy(), return_inverse=True)
    n, on_time = units["n_due_cohort"].to_numpy(), units["n_due_on_time"].to_numpy()
    if np.any(on_time < 0) or np.any(on_time > n):
        raise ValueError("n_due_on_time must lie between 0 and n_due_cohort")
    pooled = np.bincount(year, weights=n, minlength=len(years))
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = (np.bincount(year, weights=on_time, minlength=len(years)) / pooled)[year]
        share = on_time / n
    distance = np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(theta))
    distance[(theta == 0) | (theta == 1)] = np.nan
    z = 2 * np.sqrt(n) * distance
    phi, tau2 = _overdispersion(year, z, n, len(years))
    with np.errstate(divide="ignore"):
        z_adj = distance / np.sqrt(1 / (4.0 * n) + tau2[year])
    too_few = np.bincount(year[n > 0], minlength=len(years)) < _FEWEST_UNITS
    return pa.table(
        {
            "year": units["year"],
            "agency_id": units["agency_id"],
            "target_pct": _nullable(100 * theta),
            **{name: _nullable(100 * exact_limit(p, n, theta)) for name, p in _LIMITS.items()},
            "z": _nullable(z),
            "z_adj": _nullable(z_adj),
            "phi": _nullable(phi[year]),
            "tau2": _nullable(tau2[year]),
            "flags": pa.array(np.where(too_few[year], "too_few_units", ""), pa.string(), mask=~too_few[year]),
        }
    )


def _overdispersion(year: np.ndarray, z: np.ndarray, n: np.ndarray, n_years: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns phi and tau^2 by year.

    phi is the mean of the winsorised z^2; tau^2 = max(0, (k phi - (k-1))/(sum w - sum w^2/sum w)), w = 4n.
    """
    phi, tau2 = np.full(n_years, np.nan), np.full(n_years, np.nan)
    for position in range(n_years):
        known = (year == position) & ~np.isnan(z)
        k, w = int(known.sum()), 4.0 * n[known]
        if k < _FEWEST_UNITS:
            continue
        winsorised = np.clip(z[known], *np.quantile(z[known], _WINSORISE_AT))
        phi[position] = np.mean(winsorised**2)
        tau2[position] = max(0.0, (k * phi[position] - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()))
    return phi, tau2


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))
