"""Estimates the turnaround time of dossiers by agency and year."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from methods.curves import (
    NEGLIGIBLE_SHARE,
    cumulative_incidence,
    half_time,
    kaplan_meier,
    known_until,
    loglog_limits,
    restricted_mean,
)
from methods.grouped import encode
from methods.risk_sets import RiskSets, risk_sets

EXIT_KINDS = ("finished", "ended_otherwise", "censored")
# methods §2.3: the mean is restricted to this many working days, or fewer.
LONGEST_TAU_DAYS = 60
# With fewer dossiers, a single open one exceeds NEGLIGIBLE_SHARE: one receipt in the last days of the year would
# restrict every agency's mean to those days.
COMPARED_FROM = round(1 / NEGLIGIBLE_SHARE)


def turnaround(exits: pa.Table, alpha: float, longest_tau_days: int = LONGEST_TAU_DAYS) -> tuple[pa.Table, pa.Table]:
    """Returns Kaplan-Meier curve, median and restricted mean of the working days to the end (methods §4.5).

    In: year, agency_id, entry_days (whole, >= -1), exit_days (whole, >= 0), exit_kind (`finished`: completed or
    refused; `ended_otherwise`; `censored`), n_dossiers; any order, keys may repeat. A dossier is at risk from the day
    after its entry: with entry -1 it is observed from the start, on day 0 too. One with an exit not after its entry was
    never at risk and is not counted.

    Out, first table: year, agency_id, n, n_event (finished), n_censored (all others), median_days with median_lo and
    median_hi (log-log limits; NULL where the curve does not come down to one half), rmst_days, rmst_se, rmst_tau_days.
    Second table, one row per day on which a dossier left: year, agency_id, net_days, n_risk, n_event, surv, surv_lo,
    surv_hi (0-1; limits NULL where surv is 0 or 1), cif_finished, cif_ended_otherwise (Aalen-Johansen).

    surv is the curve of `finished`; every other end censors. The mean is restricted to one tau per year:
    `longest_tau_days`, or the shortest follow-up of a compared agency if that is shorter. Follow-up is how long an
    agency's dossiers could be observed, not how long they took: a curve that ends at 1 % or less counts as followed
    without end and is extended flat (`known_until`), which adds less than 0.01 tau days to the mean. Compared are
    agencies with at least 100 dossiers, or all agencies where none has that many. rmst_days and rmst_se are NULL, never
    extrapolated, where the agency's own curve ends before tau above 1 %. Raises ValueError for an unknown kind, a
    negative number of days or a NULL.
    """
    if any(column.null_count for column in exits.columns):
        raise ValueError("no column of the exits may hold NULL")
    keys, group = _keys(exits)
    risk = _observed(exits, group)
    surv, greenwood = kaplan_meier(risk, risk.n_finished)
    lower, upper = loglog_limits(surv, greenwood, alpha)
    cif_finished, cif_ended_otherwise = cumulative_incidence(risk)

    def in_group(counts: np.ndarray) -> np.ndarray:
        return np.bincount(risk.group, weights=counts, minlength=len(keys)).astype(np.int64)

    n, n_event = in_group(risk.n_left), in_group(risk.n_finished)
    followed = known_until(risk, surv, len(keys))
    tau = _taus(followed, n, keys["year"].to_numpy(), longest_tau_days)
    mean, se = restricted_mean(risk, surv, risk.n_finished, tau)
    is_unknown = followed < tau

    by_agency = {
        "n": n,
        "n_event": n_event,
        "n_censored": n - n_event,
        "median_days": _nullable(half_time(risk, surv, len(keys))),
        "median_lo": _nullable(half_time(risk, lower, len(keys))),
        "median_hi": _nullable(half_time(risk, upper, len(keys))),
        "rmst_days": _nullable(np.where(is_unknown, np.nan, mean)),
        "rmst_se": _nullable(np.where(is_unknown, np.nan, se)),
        "rmst_tau_days": tau.astype(np.int64),
    }
    by_day = {
        "net_days": risk.time,
        "n_risk": risk.n_risk,
        "n_event": risk.n_finished,
        "surv": surv,
        "surv_lo": _nullable(lower),
        "surv_hi": _nullable(upper),
        "cif_finished": cif_finished,
        "cif_ended_otherwise": cif_ended_otherwise,
    }
    return _labelled(keys, by_agency).filter(pa.array(n > 0)), _labelled(keys.take(risk.group), by_day)


def _keys(exits: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """Returns the sorted pairs of year and agency, and the position of each row's pair among them."""
    agency, agencies = encode(exits["agency_id"])
    years, year = np.unique(exits["year"].to_numpy(), return_inverse=True)
    n_agencies = max(len(agencies), 1)
    pairs, group = np.unique(year * n_agencies + agency, return_inverse=True)
    return pa.table(
        {"year": years[pairs // n_agencies].astype(np.int64), "agency_id": agencies.take(pairs % n_agencies)}
    ), group


def _observed(exits: pa.Table, group: np.ndarray) -> RiskSets:
    entry, exit_ = exits["entry_days"].to_numpy(), exits["exit_days"].to_numpy()
    kind = pc.index_in(exits["exit_kind"], value_set=pa.array(EXIT_KINDS))
    if kind.null_count:
        raise ValueError(f"exit_kind must be one of {', '.join(EXIT_KINDS)}")
    if min(entry.min(initial=0) + 1, exit_.min(initial=0)) < 0:
        raise ValueError("entry_days must not be below -1, exit_days not below 0")
    return risk_sets(group, entry, exit_, kind.to_numpy().astype(np.int64), exits["n_dossiers"].to_numpy())


def _taus(followed: np.ndarray, n: np.ndarray, years: np.ndarray, longest: int) -> np.ndarray:
    """Returns tau of every group, the same for all groups of a year."""
    values, year = np.unique(years, return_inverse=True)
    largest = np.zeros(len(values), dtype=np.int64)
    np.maximum.at(largest, year, n)
    compared = (n > 0) & ((n >= COMPARED_FROM) | (largest[year] < COMPARED_FROM))
    tau = np.full(len(values), float(longest))
    np.minimum.at(tau, year[compared], followed[compared])
    return tau[year]


def _labelled(keys: pa.Table, columns: dict[str, pa.Array | np.ndarray]) -> pa.Table:
    return pa.table({"year": keys["year"], "agency_id": keys["agency_id"], **columns})


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))
