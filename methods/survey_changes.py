"""Means of units with their precision, and which changes of a year are more than chance (methods §3.4, §3.6)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from scipy.stats import t

from methods.differences import difference, holm, verdict
from methods.grouped import doubles, matches, nullable, row_codes
from methods.rank_sets import rank_sets

MEAN = ("year", "mean_kind", "group_code", "index_form")


def survey_changes(units: pa.Table, precision: pa.Table, policies: pa.Table) -> pa.Table:
    """Returns the change of every agency that is compared with the year before, tested as independent samples.

    In: `units`: year, agency_id, population, index_form, previous_agency_id (the agency measured then), only rows that
    may be compared; `precision`: year, agency_id, index_form, estimate_pct, se, df. Out: year, agency_id, index_form,
    diff_lo, diff_hi, p_value, p_holm (within year, population and index form), comparison_status. Interval and
    p-values are NULL where one of the two years has no standard error.
    """
    now = matches(("year", "agency_id", "index_form"), units, precision)
    earlier = pa.table(
        {
            "year": pa.array(units["year"].to_numpy() - 1, units["year"].type),
            "agency_id": units["previous_agency_id"],
            "index_form": units["index_form"],
        }
    )
    before = matches(("year", "agency_id", "index_form"), earlier, precision)
    alpha = doubles(policies["alpha"])[matches(("year",), units, policies)]
    family = row_codes(("year", "population", "index_form"), units)[0]
    keys = {name: units[name] for name in ("year", "agency_id", "index_form")}
    return pa.table({**keys, **_tested(_values(precision, before), _values(precision, now), family, alpha)})


def survey_means(members: pa.Table, means: pa.Table, precision: pa.Table, policies: pa.Table) -> pa.Table:
    """Returns standard error, interval, change and rank set of every mean of blocks, districts and populations.

    In: `members`: year, mean_kind, group_code, index_form, agency_id, mean_weight; `means`: the same key, estimate_pct,
    has_previous (compared with the year before); `precision` as for `survey_changes`. SE = sqrt(sum of w^2 V) / sum of
    w, df by Satterthwaite; NULL where a member has no standard error. p_holm within year, kind and index form. rank_lo,
    rank_hi: the simultaneous set within the same.
    """
    position = matches(("year", "agency_id", "index_form"), members, precision)
    _, se, df = _values(precision, position)
    of_member, of_mean = row_codes(MEAN, members, means)
    n = int(max(of_member.max(initial=-1), of_mean.max(initial=-1))) + 1
    weight = doubles(members["mean_weight"])
    share = weight / np.bincount(of_member, weights=weight, minlength=n)[of_member]
    parts = share**2 * se**2
    variance = np.bincount(of_member, weights=parts, minlength=n)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.bincount(of_member, weights=np.where(parts == 0, 0.0, parts**2 / df), minlength=n)
        degrees = np.where(variance == 0, np.inf, variance**2 / below)
    estimate, se, df = doubles(means["estimate_pct"]), np.sqrt(variance)[of_mean], degrees[of_mean]
    alpha = doubles(policies["alpha"])[matches(("year",), means, policies)]
    half = np.where(se > 0, t.ppf(1 - alpha / 2, df) * se, se)
    family = row_codes(("year", "mean_kind", "index_form"), means)[0]
    compared = means["has_previous"].to_numpy(zero_copy_only=False)
    now = (estimate, se, df)
    earlier = means.select(MEAN[1:]).append_column("year", pa.array(means["year"].to_numpy() - 1, means["year"].type))
    before = matches(MEAN, earlier, means)
    is_known = (before >= 0) & compared
    previous = (
        np.where(is_known, estimate[before], np.nan),
        np.where(is_known, se[before], np.nan),
        np.where(is_known, df[before], np.nan),
    )
    changes = _tested(previous, now, family, alpha)
    lo, hi = _mean_ranks(estimate, se, df, family, alpha)
    known = ~np.isnan(se)
    return pa.table(
        {
            **{name: means[name] for name in MEAN},
            "se": nullable(se),
            "ci_lo": nullable(np.maximum(0.0, estimate - half)),
            "ci_hi": nullable(np.minimum(100.0, estimate + half)),
            **{name: column for name, column in changes.items() if name != "comparison_status"},
            "comparison_status": pa.array(
                np.where(compared, changes["comparison_status"], "not_comparable").astype(object), pa.string()
            ),
            "rank_lo": pa.array(lo, pa.int32(), mask=~known),
            "rank_hi": pa.array(hi, pa.int32(), mask=~known),
        }
    )


def _values(precision: pa.Table, position: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns estimate, se and df at positions of `precision`, NaN at -1."""
    if not len(precision):
        return (np.full(len(position), np.nan),) * 3
    absent = position < 0
    estimate, se, df = (np.where(absent, np.nan, doubles(precision[n])[position]) for n in ("estimate_pct", "se", "df"))
    return estimate, se, df


def _tested(
    earlier: tuple[np.ndarray, np.ndarray, np.ndarray],
    later: tuple[np.ndarray, np.ndarray, np.ndarray],
    family: np.ndarray,
    alpha: np.ndarray,
) -> Mapping[str, pa.Array]:
    tested = difference(earlier[0], later[0], (earlier[1] ** 2, later[1] ** 2), (earlier[2], later[2]), alpha)
    adjusted = holm(tested["p_value"], family)
    return {
        **{name: nullable(tested[name]) for name in ("diff_lo", "diff_hi", "p_value")},
        "p_holm": nullable(adjusted),
        "comparison_status": pa.array(verdict(tested["diff"], adjusted, alpha), pa.string()),
    }


def _mean_ranks(
    estimate: np.ndarray, se: np.ndarray, df: np.ndarray, family: np.ndarray, alpha: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    lo, hi = np.zeros(len(se), dtype=np.int32), np.zeros(len(se), dtype=np.int32)
    for code in np.unique(family):
        rows = np.flatnonzero((family == code) & ~np.isnan(se))
        if len(rows):
            sets = rank_sets(estimate[rows], se[rows], df[rows], float(alpha[rows[0]]))
            lo[rows], hi[rows] = sets.lo, sets.hi
    return lo, hi
