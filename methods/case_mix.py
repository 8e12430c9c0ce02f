"""Observed late dossiers of an agency against those expected from its mix of procedures."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import chi2, norm

from methods.grouped import encode

# With fewer late dossiers the limits are exact instead of Byar's approximation (methods §4.6).
_EXACT_BELOW = 5


def byar_limits(observed: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns limits of a Poisson mean by Byar's approximation (Breslow & Day 1987, sec. 2.3); the lower is 0 at 0."""
    z = float(norm.ppf(1 - alpha / 2))
    some, next_ = np.maximum(observed, 1.0), observed + 1.0
    lower = observed * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3
    upper = next_ * (1 - 1 / (9 * next_) + z / (3 * np.sqrt(next_))) ** 3
    return lower, upper


def garwood_limits(observed: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns exact limits of a Poisson mean (Garwood 1936); the lower is 0 at 0."""
    lower = np.where(observed > 0, chi2.ppf(alpha / 2, 2 * np.maximum(observed, 1.0)) / 2, 0.0)
    return lower, chi2.ppf(1 - alpha / 2, 2 * observed + 2.0) / 2


def observed_expected(cells: pa.Table, alpha: float) -> pa.Table:
    """Compares the late dossiers of every agency and year with those expected from its procedures (methods §4.6).

    In: year, agency_id, cchc_group (the group in which the agency is ranked that year, or NULL), procedure_code,
    n_due_cohort, n_late; one row per year, agency and procedure, any order. Out: year, agency_id, n_observed_late,
    n_expected_late, oe_ratio, oe_lo, oe_hi, single_agency_pct, common_on_time_pct.

    Expected is the cohort times the late rate of the procedure over all agencies of the year (indirect
    standardisation, Breslow & Day 1987, sec. 2.3). A procedure of a single agency always has O = E: it is left out of
    both, and single_agency_pct is its share of the agency's cohort. Limits are Byar's, or exact (Garwood) with fewer
    than 5 late dossiers; ratio and limits are NULL where nothing is expected. An agency with no dossier due is not in
    the result.

    common_on_time_pct is the on-time rate on the procedures for which every agency of the group had dossiers due in
    the year, because agencies are compared within their group. It is NULL without such a procedure, without a group,
    and where the group has no other agency with dossiers due. Raises ValueError when n_late exceeds n_due_cohort, or
    when an agency has two groups in a year.
    """
    agency, agencies = encode(cells["agency_id"])
    procedure, procedures = encode(cells["procedure_code"])
    group, groups = encode(pc.fill_null(cells["cchc_group"], ""))
    is_ranked = pc.is_valid(cells["cchc_group"]).to_numpy()
    years, year = np.unique(cells["year"].to_numpy(), return_inverse=True)
    due, late = cells["n_due_cohort"].to_numpy(), cells["n_late"].to_numpy()
    if np.any(late < 0) or np.any(late > due):
        raise ValueError("n_late must lie between 0 and n_due_cohort")

    # Rows are sorted so that sums of doubles do not depend on the order of the input.
    order = np.lexsort((procedure, agency, year))
    order = order[due[order] > 0]
    agency, procedure, year, due, late = (values[order] for values in (agency, procedure, year, due, late))
    group, is_ranked = group[order], is_ranked[order]
    keys, unit = np.unique(year * max(len(agencies), 1) + agency, return_inverse=True)
    _, kind = np.unique(year * max(len(procedures), 1) + procedure, return_inverse=True)
    unit_year = keys // max(len(agencies), 1)

    is_shared = np.bincount(kind)[kind] > 1
    is_common = is_ranked & _is_common_to_group(year * max(len(groups), 1) + group, unit, kind)
    rate = np.bincount(kind, weights=late) / np.bincount(kind, weights=due)

    def total(values: np.ndarray, where: np.ndarray) -> np.ndarray:
        return np.bincount(unit[where], weights=values[where], minlength=len(keys))

    every = np.ones(len(unit), dtype=bool)
    observed, expected = total(late, is_shared), total(due * rate[kind], is_shared)
    lower, upper = (
        np.where(observed < _EXACT_BELOW, exact, approximate)
        for exact, approximate in zip(garwood_limits(observed, alpha), byar_limits(observed, alpha), strict=True)
    )
    return pa.table(
        {
            "year": years[unit_year].astype(np.int64),
            "agency_id": agencies.take(keys % max(len(agencies), 1)),
            "n_observed_late": observed.astype(np.int64),
            "n_expected_late": pa.array(expected, pa.float64()),
            "oe_ratio": _ratio(observed, expected),
            "oe_lo": _ratio(lower, expected),
            "oe_hi": _ratio(upper, expected),
            "single_agency_pct": _ratio(100 * total(due, ~is_shared), total(due, every)),
            "common_on_time_pct": _ratio(100 * total(due - late, is_common), total(due, is_common)),
        }
    )


def _is_common_to_group(group: np.ndarray, unit: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Returns per row (one per unit and kind) whether its group has several units and all of them have its kind."""
    _, group = np.unique(group, return_inverse=True)
    members, first = np.unique(unit, return_index=True)
    if np.any(group != group[first][np.searchsorted(members, unit)]):
        raise ValueError("an agency has one cchc_group in a year")
    n_members = np.bincount(group[first])[group]
    _, shared = np.unique(group * (kind.max(initial=0) + 1) + kind, return_inverse=True)
    return (n_members > 1) & (np.bincount(shared)[shared] == n_members)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> pa.Array:
    return pa.array(numerator / np.where(denominator > 0, denominator, 1), pa.float64(), mask=denominator == 0)
