"""The scores of one criteria set in one year as matrices: what every function of the composite works on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Scores:
    """Shares of the maxima, units × criteria; bonus and penalty points are no criteria here (methods §5).

    `share` is points / maximum, NaN where the criterion does not apply or has no points yet. `weight` are the maxima,
    `area` and `group` codes from 0. `beside_points` are what bonus and penalty points add to the index of a unit, in
    per cent of its applicable maximum.
    """

    weight: np.ndarray
    area: np.ndarray
    group: np.ndarray
    applies: np.ndarray
    share: np.ndarray
    beside_points: np.ndarray

    def __post_init__(self) -> None:
        n_units, n_criteria = self.share.shape
        if self.applies.shape != self.share.shape or len(self.weight) != n_criteria or len(self.area) != n_criteria:
            raise ValueError("weights, areas and shares are of the same criteria")
        if len(self.group) != n_units or len(self.beside_points) != n_units:
            raise ValueError("groups and shares are of the same units")
        if np.any(self.weight <= 0):
            raise ValueError("a maximum is above 0")
        if np.any(~np.isnan(self.share) & ~self.applies):
            raise ValueError("an excluded criterion carries no points")

    @cached_property
    def known(self) -> np.ndarray:
        """Cells that apply and have points."""
        return ~np.isnan(self.share)

    @cached_property
    def points(self) -> np.ndarray:
        """Points of the known cells, 0 elsewhere."""
        return np.where(self.known, self.share, 0.0) * self.weight

    @cached_property
    def total(self) -> float:
        """The maximum of the set."""
        return float(self.weight.sum())

    @cached_property
    def applicable_max(self) -> np.ndarray:
        """The applicable maximum of every unit."""
        return self.applies @ self.weight

    @cached_property
    def is_complete(self) -> np.ndarray:
        """Units that have points for everything that applies to them: only they have an index."""
        return self.applies.any(axis=1) & (self.known == self.applies).all(axis=1)

    @cached_property
    def in_area(self) -> np.ndarray:
        """Criteria × areas, 1 where the criterion is in the area."""
        return (self.area[:, None] == np.arange(int(self.area.max(initial=-1)) + 1)).astype(float)


def scores_of(
    weight: np.ndarray,
    share: np.ndarray,
    *,
    applies: np.ndarray | None = None,
    area: np.ndarray | None = None,
    group: np.ndarray | None = None,
    beside_points: np.ndarray | None = None,
) -> Scores:
    """Returns scores in which NaN is an exclusion unless `applies` says otherwise; one area, one group, no bonus."""
    share = np.asarray(share, dtype=float)
    n_units, n_criteria = share.shape
    return Scores(
        weight=np.asarray(weight, dtype=float),
        area=np.zeros(n_criteria, dtype=np.int64) if area is None else np.asarray(area, dtype=np.int64),
        group=np.zeros(n_units, dtype=np.int64) if group is None else np.asarray(group, dtype=np.int64),
        applies=~np.isnan(share) if applies is None else np.asarray(applies, dtype=bool),
        share=share,
        beside_points=np.zeros(n_units) if beside_points is None else np.asarray(beside_points, dtype=float),
    )


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Returns the quotient, NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)


def mean_known(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Returns the mean of every column over its known cells, NaN for a column without any."""
    return divide(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0))


def blocks(n: int, size: int = 256) -> Iterator[slice]:
    """Yields slices of rows, so that a matrix of all pairs never has to fit in memory."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
