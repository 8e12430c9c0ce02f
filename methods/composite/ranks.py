"""Competition ranks of many variants at once."""

from __future__ import annotations

import numpy as np

DECIMALS = 9


def competition_ranks(values: np.ndarray) -> np.ndarray:
    """Returns ranks along the last axis: the highest is 1, values equal to 9 decimals share a rank, NaN has rank 0."""
    rounded = np.round(values, DECIMALS)
    missing = np.isnan(rounded)
    falling = np.where(missing, np.inf, -rounded)
    order = np.argsort(falling, axis=-1, kind="stable")
    sorted_values = np.take_along_axis(falling, order, axis=-1)
    is_new = np.ones(sorted_values.shape, dtype=bool)
    is_new[..., 1:] = sorted_values[..., 1:] != sorted_values[..., :-1]
    place = np.where(is_new, np.arange(1, sorted_values.shape[-1] + 1), 0)
    place = np.maximum.accumulate(place, axis=-1)
    ranks = np.empty(place.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, place.astype(np.int32), axis=-1)
    ranks[missing] = 0
    return ranks


def family_ranks(values: np.ndarray, family: np.ndarray) -> np.ndarray:
    """Returns ranks along the last axis inside every family; a negative family has rank 0, like a NaN."""
    ranks = np.zeros(values.shape, dtype=np.int32)
    for number in np.unique(family[family >= 0]):
        members = np.flatnonzero(family == number)
        ranks[..., members] = competition_ranks(values[..., members])
    return ranks


def rank_range(ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the best and the worst rank over the first axis, leaving out rank 0; 0 where there is no rank."""
    best = np.where(ranks > 0, ranks, np.iinfo(np.int32).max).min(axis=0, initial=np.iinfo(np.int32).max)
    worst = ranks.max(axis=0, initial=0)
    return np.where(worst > 0, best, 0), worst
