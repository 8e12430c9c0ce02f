"""Rules that turn scores into an index without a model (methods §5.1): 0-100, NaN for a unit with pending points."""

from __future__ import annotations

import numpy as np

from methods.composite.scores import Scores, divide, mean_known

_GEOMETRIC_FLOOR = 0.01


def official(scores: Scores) -> np.ndarray:
    """Returns r1, the flat ratio of points to the applicable maximum, without bonus and penalty points."""
    return _complete(scores, 100 * divide(scores.points.sum(axis=1), scores.applicable_max))


def hierarchical(scores: Scores) -> np.ndarray:
    """Returns r1h: r1 inside each area, then the mean of the areas that apply, weighted by their full maxima."""
    inside = divide(scores.points @ scores.in_area, (scores.applies * scores.weight) @ scores.in_area)
    return _complete(scores, 100 * _mean_of_areas(scores, inside))


def geometric(scores: Scores) -> np.ndarray:
    """Returns r9: as r1h with weighted geometric means; a share below 0.01 counts as 0.01."""
    logs = np.log(np.maximum(np.where(scores.known, scores.share, 1.0), _GEOMETRIC_FLOOR))
    inside = divide((logs * scores.weight) @ scores.in_area, (scores.applies * scores.weight) @ scores.in_area)
    return _complete(scores, 100 * np.exp(_mean_of_areas(scores, inside)))


def zero_fill(scores: Scores) -> np.ndarray:
    """Returns r2: an excluded criterion earns nothing."""
    return _complete(scores, 100 * scores.points.sum(axis=1) / scores.total)


def full_credit(scores: Scores) -> np.ndarray:
    """Returns r3: an excluded criterion earns its maximum."""
    excluded = scores.total - scores.applicable_max
    return _complete(scores, 100 * (scores.points.sum(axis=1) + excluded) / scores.total)


def bounds(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Returns r2 and r3 with pending cells at nothing and at full; NaN only for a unit to which nothing applies."""
    earned = scores.points.sum(axis=1)
    open_points = scores.total - scores.known @ scores.weight
    some = scores.applies.any(axis=1)
    lower, upper = 100 * earned / scores.total, 100 * (earned + open_points) / scores.total
    return np.where(some, lower, np.nan), np.where(some, upper, np.nan)


def impute_all(scores: Scores) -> np.ndarray:
    """Returns r4a: an excluded criterion earns its mean over all units; one that no unit has leaves the set."""
    return _imputed(scores, np.broadcast_to(mean_known(scores.share, scores.known), scores.share.shape))


def impute_group(scores: Scores) -> np.ndarray:
    """Returns r4b: an excluded criterion earns its mean over the own group, or over all units if the group has none."""
    means = np.broadcast_to(mean_known(scores.share, scores.known), scores.share.shape).copy()
    for group in np.unique(scores.group):
        members = scores.group == group
        own = mean_known(scores.share[members], scores.known[members])
        means[members] = np.where(np.isnan(own), means[members], own)
    return _imputed(scores, means)


def common_only(scores: Scores) -> np.ndarray:
    """Returns r5: the ratio over the criteria that apply to every unit; NaN for all without such a criterion."""
    some = scores.applies.any(axis=1)
    shared = scores.applies[some].all(axis=0)
    maximum = np.full(len(scores.group), float(scores.weight[shared].sum()))
    return _complete(scores, 100 * divide(scores.points[:, shared].sum(axis=1), maximum))


def _mean_of_areas(scores: Scores, inside: np.ndarray) -> np.ndarray:
    full = np.where(np.isnan(inside), 0.0, scores.weight @ scores.in_area)
    return divide((np.nan_to_num(inside) * full).sum(axis=1), full.sum(axis=1))


def _imputed(scores: Scores, means: np.ndarray) -> np.ndarray:
    filled = np.where(scores.applies, scores.share, means)
    used = ~np.isnan(filled)
    return _complete(scores, 100 * divide((np.nan_to_num(filled) * scores.weight).sum(axis=1), used @ scores.weight))


def _complete(scores: Scores, index: np.ndarray) -> np.ndarray:
    return np.where(scores.is_complete, index, np.nan)
