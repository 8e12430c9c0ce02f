"""Variance of survey estimates from the totals of their linearised values in each PSU (ultimate cluster)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Strata:
    """Strata of survey units, one element each; strata of one unit are adjacent.

    `unit` codes from 0. `n_psu`: sampled PSUs; `n_domain`: those with rows in the domain. `population`: PSUs in the
    population, NaN where unknown. `mean`, `squares`: mean of the PSU totals of the linearised values over all
    sampled PSUs, and the sum of the squared deviations from it. For a covariance, `other_mean` is the mean of the
    second estimate and `squares` the sum of the products of deviations.
    """

    unit: np.ndarray
    n_psu: np.ndarray
    n_domain: np.ndarray
    population: np.ndarray
    mean: np.ndarray
    squares: np.ndarray
    other_mean: np.ndarray | None = None


@dataclass(frozen=True)
class Design:
    """What the strata say about each unit. `is_lonely`: a stratum with one PSU of several. `is_census`: all sampled."""

    variance: np.ndarray
    df: np.ndarray
    is_lonely: np.ndarray
    is_census: np.ndarray


def estimate_variance(strata: Strata, n_units: int) -> Design:
    """Returns the variance (or covariance) of each unit's estimate and its degrees of freedom (methods §3.2).

    V = sum over strata of (1 - n/N) n/(n-1) S, S = `squares`; df = PSUs minus strata, both of the domain. A stratum
    with one PSU of several is merged with its neighbour in the order given (the next one, the last with the one
    before: collapsed strata, Cochran 1977 sec. 5A.12). Without a neighbour that was sampled, its deviation from the
    mean of the unit's PSUs counts. Strata sampled completely contribute 0.
    """
    merged = _collapse(strata)
    first = merged.mean
    second = first if merged.other_mean is None else merged.other_mean
    n = merged.n_psu.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        not_sampled = np.where(np.isnan(merged.population), 1.0, np.maximum(0.0, 1 - n / merged.population))
        total = np.bincount(merged.unit, weights=n, minlength=n_units)
        unit_first = np.bincount(merged.unit, weights=n * first, minlength=n_units) / total
        unit_second = np.bincount(merged.unit, weights=n * second, minlength=n_units) / total
        within = np.where(
            n > 1,
            n / (n - 1) * merged.squares,
            (first - unit_first[merged.unit]) * (second - unit_second[merged.unit]),
        )
    has_domain = merged.n_domain > 0
    df = np.bincount(merged.unit, weights=np.where(has_domain, merged.n_domain - 1, 0), minlength=n_units)
    lonely = _is_lonely(strata)
    return Design(
        variance=np.bincount(merged.unit, weights=not_sampled * within, minlength=n_units),
        df=df.astype(np.int64),
        is_lonely=np.bincount(strata.unit, weights=lonely, minlength=n_units) > 0,
        is_census=np.bincount(merged.unit, weights=not_sampled > 0, minlength=n_units) == 0,
    )


def _is_lonely(strata: Strata) -> np.ndarray:
    """Returns whether a stratum with rows in the domain has one sampled PSU of several."""
    return (strata.n_psu == 1) & ~(strata.population <= 1) & (strata.n_domain > 0)


def with_absent(
    n_psu: np.ndarray, n_domain: np.ndarray, mean: np.ndarray, squares: np.ndarray, other: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns mean and squares over all PSUs, from those over the PSUs of the domain: the others total 0.

    `other` is the mean of the second estimate of a covariance.
    """
    second = mean if other is None else other
    share = n_domain / n_psu
    return mean * share, squares + mean * second * n_domain * (1 - share)


def stratum_of(
    unit: np.ndarray,
    stratum: np.ndarray,
    psu: np.ndarray,
    linearised: np.ndarray,
    in_domain: np.ndarray | None = None,
    population: np.ndarray | None = None,
) -> Strata:
    """Returns the strata of persons: sums their linearised values by PSU, and describes the sums by stratum.

    All arguments have one element per person; a PSU is nested in its stratum, a stratum in its unit. `population` is
    the number of PSUs in the person's stratum.
    """
    in_domain = np.ones(len(unit), dtype=bool) if in_domain is None else in_domain
    population = np.full(len(unit), np.nan) if population is None else population
    strata, row_stratum = np.unique(np.stack([unit, stratum]), axis=1, return_inverse=True)
    row_stratum = row_stratum.ravel()
    clusters, row_cluster = np.unique(np.stack([row_stratum, psu]), axis=1, return_inverse=True)
    row_cluster = row_cluster.ravel()
    of_cluster, n_clusters, n_strata = clusters[0].astype(np.int64), clusters.shape[1], strata.shape[1]
    totals = np.bincount(row_cluster, weights=linearised, minlength=n_clusters)
    touched = np.bincount(row_cluster, weights=in_domain, minlength=n_clusters) > 0
    n_psu = np.bincount(of_cluster, minlength=n_strata)
    mean = np.bincount(of_cluster, weights=totals, minlength=n_strata) / n_psu
    squares = np.bincount(of_cluster, weights=(totals - mean[of_cluster]) ** 2, minlength=n_strata)
    known = np.full(n_strata, np.nan)
    known[row_stratum] = population
    return Strata(
        unit=strata[0].astype(np.int64),
        n_psu=n_psu,
        n_domain=np.bincount(of_cluster, weights=touched, minlength=n_strata).astype(np.int64),
        population=known,
        mean=mean,
        squares=squares,
    )


def _collapse(strata: Strata) -> Strata:
    """Merges each stratum with one PSU of several with a neighbour of its unit that was sampled, too."""
    is_certain = strata.n_psu >= strata.population
    lonely = (strata.n_psu == 1) & ~(strata.population <= 1)
    group = np.arange(len(strata.unit))
    # Lonely strata are rare; a unit without one is left alone.
    for unit in np.unique(strata.unit[lonely]):
        positions = np.flatnonzero((strata.unit == unit) & ~is_certain)
        closed, waiting = None, None
        for position in positions:
            if waiting is not None:
                group[position] = group[waiting]
                closed, waiting = group[waiting], None
            elif lonely[position]:
                waiting = position
            else:
                closed = group[position]
        if waiting is not None and closed is not None:
            group[waiting] = closed
    if np.array_equal(group, np.arange(len(group))):
        return strata
    kept, merged = np.unique(group, return_inverse=True)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(merged, weights=values, minlength=len(kept))

    n_psu = total(strata.n_psu)
    mean = total(strata.n_psu * strata.mean) / n_psu
    second = strata.mean if strata.other_mean is None else strata.other_mean
    other = total(strata.n_psu * second) / n_psu
    between = strata.n_psu * (strata.mean - mean[merged]) * (second - other[merged])
    return Strata(
        unit=strata.unit[kept],
        n_psu=n_psu.astype(np.int64),
        n_domain=total(strata.n_domain).astype(np.int64),
        population=total(strata.population),
        mean=mean,
        squares=total(strata.squares + between),
        other_mean=None if strata.other_mean is None else other,
    )
