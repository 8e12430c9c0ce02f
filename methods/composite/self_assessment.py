"""The gap after appraisal: what an agency gave itself beside what it was given (methods §5.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.stats import binom, kendalltau

from methods.composite.scores import divide
from methods.grouped import encode
from methods.proportions import wilson_interval

_SAME = 1e-9
_AGREEMENT = 1.96


@dataclass(frozen=True)
class Gaps:
    """Per unit, over the cells that have both scores. NaN for a unit without any."""

    n: np.ndarray
    self_pct: np.ndarray
    appraised_pct: np.ndarray
    gross_over_points: np.ndarray
    gross_under_points: np.ndarray
    n_over: np.ndarray
    n_under: np.ndarray
    over_lo: np.ndarray
    over_hi: np.ndarray
    p_sign: np.ndarray
    concordance: np.ndarray
    limit_lo: np.ndarray
    limit_hi: np.ndarray


def gaps(
    unit: np.ndarray, n_units: int, maximum: np.ndarray, own: np.ndarray, appraised: np.ndarray, alpha: float
) -> Gaps:
    """Compares self-given and appraised points of cells, which belong to units 0 to n_units - 1.

    The sign test is exact (Conover 1999 sec. 3.4), 1 where no cell differs. Concordance (Lin 1989, population moments)
    and limits of agreement (Bland & Altman 1986, bias ± 1.96 SD) are over cells in per cent of their maxima.
    """

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(unit, weights=values, minlength=n_units)

    gap = own - appraised
    n, most = total(np.ones(len(unit))), total(maximum)
    n_over, n_under = total(gap > _SAME), total(gap < -_SAME)
    over_lo, over_hi = wilson_interval(n_over, n, alpha)
    x, y = 100 * own / maximum, 100 * appraised / maximum
    mean_x, mean_y = divide(total(x), n), divide(total(y), n)
    var_x = divide(total((x - mean_x[unit]) ** 2), n)
    var_y = divide(total((y - mean_y[unit]) ** 2), n)
    covariance = divide(total((x - mean_x[unit]) * (y - mean_y[unit])), n)
    bias = mean_x - mean_y
    spread = np.sqrt(divide(total((x - y - bias[unit]) ** 2), n - 1))
    return Gaps(
        n=n.astype(np.int64),
        self_pct=100 * divide(total(own), most),
        appraised_pct=100 * divide(total(appraised), most),
        gross_over_points=100 * divide(total(np.maximum(gap, 0)), most),
        gross_under_points=100 * divide(total(np.maximum(-gap, 0)), most),
        n_over=n_over.astype(np.int64),
        n_under=n_under.astype(np.int64),
        over_lo=over_lo,
        over_hi=over_hi,
        p_sign=np.where(n > 0, sign_test(n_over, n_under), np.nan),
        concordance=divide(2 * covariance, var_x + var_y + bias**2),
        limit_lo=bias - _AGREEMENT * spread,
        limit_hi=bias + _AGREEMENT * spread,
    )


def sign_test(n_over: np.ndarray, n_under: np.ndarray) -> np.ndarray:
    """Returns the two-sided exact probability of a split at least as uneven, if both signs are equally likely."""
    return np.minimum(1.0, 2 * binom.cdf(np.minimum(n_over, n_under), n_over + n_under, 0.5))


def rank_agreement(own: np.ndarray, appraised: np.ndarray) -> float:
    """Returns Kendall's tau-b (Kendall 1945) of the order by self score and the official one; NaN for fewer than 2."""
    both = ~np.isnan(own) & ~np.isnan(appraised)
    return float(kendalltau(own[both], appraised[both]).statistic) if both.sum() > 1 else float("nan")


def self_assessment(cells: pa.Table, alpha: float) -> pa.Table:
    """Returns the gap after appraisal of every agency and year.

    In, one row per criterion that has both scores, in any order: year, agency_id, cchc_group, criterion_code,
    max_points, self_points, appraised_points. Out: year, agency_id, the columns of `Gaps` (over_lo and over_hi in per
    cent), inflation_points, and group_tau_b, the agreement of both orders in the agency's group of the year.
    """
    cells = cells.sort_by([(name, "ascending") for name in ("year", "agency_id", "criterion_code")])
    agency, agencies = encode(cells["agency_id"])
    years, year = np.unique(cells["year"].to_numpy(), return_inverse=True)
    key, unit = np.unique(year * max(len(agencies), 1) + agency, return_inverse=True)
    maximum, own, appraised = (
        cells[name].cast(pa.float64()).to_numpy() for name in ("max_points", "self_points", "appraised_points")
    )
    found = gaps(unit, len(key), maximum, own, appraised, alpha)
    group, _ = encode(cells["cchc_group"])
    peers = np.zeros(len(key), dtype=np.int64)
    peers[unit] = year * (group.max(initial=0) + 1) + group
    tau = np.full(len(key), np.nan)
    for number in np.unique(peers):
        members = peers == number
        tau[members] = rank_agreement(found.self_pct[members], found.appraised_pct[members])
    floats = {
        "self_pct": found.self_pct,
        "appraised_pct": found.appraised_pct,
        "inflation_points": found.self_pct - found.appraised_pct,
        "gross_over_points": found.gross_over_points,
        "gross_under_points": found.gross_under_points,
        "over_lo": 100 * found.over_lo,
        "over_hi": 100 * found.over_hi,
        "p_sign": found.p_sign,
        "concordance": found.concordance,
        "limit_lo": found.limit_lo,
        "limit_hi": found.limit_hi,
        "group_tau_b": tau,
    }
    return pa.table(
        {
            "year": years[key // max(len(agencies), 1)].astype(np.int64),
            "agency_id": agencies.take(key % max(len(agencies), 1)),
            "n_criteria": found.n,
            "n_over": found.n_over,
            "n_under": found.n_under,
            **{name: pa.array(values, pa.float64(), mask=np.isnan(values)) for name, values in floats.items()},
        }
    )
