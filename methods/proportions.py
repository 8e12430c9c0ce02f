"""Intervals of proportions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.stats import norm


def wilson_interval(successes: np.ndarray, n: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the score interval of a proportion (Wilson 1927; Newcombe 1998a, method 3), as shares 0-1.

    (2x + z^2 -/+ z sqrt(z^2 + 4x(1 - x/n))) / (2(n + z^2)), z the 1 - alpha/2 normal quantile. NaN where n = 0.
    Raises ValueError when successes exceed trials or a count is negative.
    """
    x, trials = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    if np.any(x < 0) or np.any(x > trials):
        raise ValueError("successes must lie between 0 and n")
    z = float(norm.ppf(1 - alpha / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = z * np.sqrt(z**2 + 4 * x * (1 - x / trials))
        middle = 2 * x + z**2
        lower = (middle - spread) / (2 * (trials + z**2))
        upper = (middle + spread) / (2 * (trials + z**2))
    return np.clip(lower, 0, 1), np.clip(upper, 0, 1)


def on_time_interval(counted: pa.Table, alpha: float) -> pa.Table:
    """Returns the Wilson interval of the on-time rate (R1) of every agency and period, in per cent.

    In: period_kind, period_key, agency_id, n_due_on_time, n_due_cohort. Out: the three keys, ci_lo, ci_hi (0-100), NULL
    where the cohort is empty. The log is a census: the interval describes the agency's process, not these dossiers
    (methods §1.1, §4.4).
    """
    cohort = counted["n_due_cohort"].to_numpy()
    lower, upper = wilson_interval(counted["n_due_on_time"].to_numpy(), cohort, alpha)
    empty = cohort == 0
    return pa.table(
        {
            **{key: counted[key] for key in ("period_kind", "period_key", "agency_id")},
            "ci_lo": pa.array(100 * lower, pa.float64(), mask=empty),
            "ci_hi": pa.array(100 * upper, pa.float64(), mask=empty),
        }
    )
