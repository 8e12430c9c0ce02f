"""Estimates turnaround curves (Kaplan-Meier, Aalen-Johansen) and their summaries (median, restricted mean)."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from methods.grouped import running
from methods.risk_sets import RiskSets

# S is a product of fractions, so exactly one half may be off by a few units in the last place.
_TOLERANCE = 1e-9
# A curve that ends at or below this share is treated as fully observed.
NEGLIGIBLE_SHARE = 0.01


def kaplan_meier(risk: RiskSets, n_event: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns S(t) = prod(1 - d/n) (Kaplan & Meier 1958) and Greenwood's sum d/(n(n-d)) at the times of `risk`.

    Dossiers that leave without the event are censored. Terms with n = d are 0: S stays 0 from there on, even where
    dossiers with delayed entry come later.
    """
    survivors = risk.n_risk - n_event
    surv = running(np.multiply, survivors / risk.n_risk, risk.first)
    greenwood = np.where(survivors > 0, n_event / (risk.n_risk * np.maximum(survivors, 1.0)), 0.0)
    return surv, running(np.add, greenwood, risk.first)


def loglog_limits(surv: np.ndarray, greenwood: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns S^exp(+-z sqrt(G)/ln S) (Kalbfleisch & Prentice 2002, sec. 1.4), NaN where S is 0 or 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.where((surv > 0) & (surv < 1), surv, np.nan)
        # ln S is negative, so the positive exponent gives the upper limit.
        shift = np.exp(float(norm.ppf(1 - alpha / 2)) * np.sqrt(greenwood) / np.log(inner))
    return inner ** (1 / shift), inner**shift


def cumulative_incidence(risk: RiskSets) -> tuple[np.ndarray, np.ndarray]:
    """Returns CIF_k(t) = sum S(t-) d_k/n of finished and of ended otherwise, S over both (Aalen & Johansen 1978)."""
    surv, _ = kaplan_meier(risk, risk.n_finished + risk.n_ended_otherwise)
    before = np.append(1.0, surv[:-1])[: len(surv)]
    before[risk.first] = 1.0
    finished = running(np.add, before * risk.n_finished / risk.n_risk, risk.first)
    return finished, running(np.add, before * risk.n_ended_otherwise / risk.n_risk, risk.first)


def half_time(risk: RiskSets, curve: np.ndarray, n_groups: int) -> np.ndarray:
    """Returns by group the first time at which a curve (S or one of its limits) is at most one half, or NaN.

    Where the curve is exactly one half there, the result is the midpoint between that time and the next time at which
    the curve is lower, if there is one.
    """
    median = np.full(n_groups, np.nan)
    below = _first_of_group(risk, curve <= 0.5 + _TOLERANCE)
    lower = _first_of_group(risk, curve < 0.5 - _TOLERANCE)
    median[risk.group[below]] = risk.time[below]
    until = median.copy()
    until[risk.group[lower]] = risk.time[lower]
    exact = np.zeros(n_groups, dtype=bool)
    exact[risk.group[below]] = np.abs(curve[below] - 0.5) <= _TOLERANCE
    return np.where(exact, (median + until) / 2, median)


def known_until(risk: RiskSets, surv: np.ndarray, n_groups: int) -> np.ndarray:
    """Returns the time up to which each group's curve is known, infinite where it ends at `NEGLIGIBLE_SHARE` or less.

    The last time of a group whose dossiers are nearly all done shows how fast it works, not how long it was followed.
    Its curve is extended flat (Gill 1980). At worst the true curve is 0 there, so the area up to tau is too large by at
    most 0.01 (tau - last time) days.
    """
    known, last = np.zeros(n_groups), risk.is_last
    is_left = surv[last] > NEGLIGIBLE_SHARE + _TOLERANCE
    known[risk.group[last]] = np.where(is_left, risk.time[last], np.inf)
    return known


def restricted_mean(
    risk: RiskSets, surv: np.ndarray, n_event: np.ndarray, tau: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the area under S up to `tau` (one per group) and its standard error; S is flat after its last time.

    The variance is the sum over t_i <= tau of A_i^2 d/(n(n-d)), A_i the area from t_i to tau; terms with n = d are 0
    (Klein & Moeschberger 2003, sec. 4.5).
    """
    n_groups, end = len(tau), tau[risk.group]
    following = np.append(risk.time[1:], 0)[: len(risk.time)]
    until = np.minimum(np.where(risk.is_last, np.inf, following), end)
    step = surv * np.maximum(until - risk.time, 0.0)
    before_first = np.minimum(risk.time, end)[risk.is_first]
    since_first = np.bincount(risk.group, weights=step, minlength=n_groups)
    area = since_first + np.bincount(risk.group[risk.is_first], weights=before_first, minlength=n_groups)

    ahead = since_first[risk.group] - running(np.add, step, risk.first) + step
    survivors = risk.n_risk - n_event
    counts = (risk.time <= end) & (survivors > 0)
    terms = np.where(counts, ahead**2 * n_event / (risk.n_risk * np.maximum(survivors, 1.0)), 0.0)
    return area, np.sqrt(np.bincount(risk.group, weights=terms, minlength=n_groups))


def _first_of_group(risk: RiskSets, holds: np.ndarray) -> np.ndarray:
    """Returns the position of each group's first row where `holds` is true; groups without such a row have none."""
    rows = np.flatnonzero(holds)
    own = risk.group[rows]
    return rows[np.append(True, own[1:] != own[:-1])[: len(rows)]]
