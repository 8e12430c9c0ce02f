"""How the ranks of the official rule react to other weights (methods §5.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from methods.composite.ranks import family_ranks, rank_range
from methods.composite.rules import official
from methods.composite.scores import Scores, blocks, divide

DRAWS = 10_000
KAPPAS = (50, 200)
SEED = 1
# A weight of the box lies between these multiples of the official one.
_BOX = 0.25
_TOP = 3


@dataclass(frozen=True)
class RankSpread:
    """Ranks of every unit over variants of the weights, 0 for a unit outside its family.

    Percentiles and shares of the draws, and the SD of the index in points, are None where the variants are no sample.
    """

    best: np.ndarray
    worst: np.ndarray
    p05: np.ndarray | None = None
    p50: np.ndarray | None = None
    p95: np.ndarray | None = None
    p_first: np.ndarray | None = None
    p_top3: np.ndarray | None = None
    sd_points: np.ndarray | None = None


def dirichlet(scores: Scores, family: np.ndarray, kappa: float, draws: int = DRAWS, seed: int = SEED) -> RankSpread:
    """Draws weights from Dirichlet(kappa w / W) and ranks by the official rule (SMAA: Lahdelma et al. 1998).

    All units see the same draws. Percentiles of ranks are ranks: the smallest that covers the share of the draws.
    Results depend on the order of the criteria only, which callers keep sorted by code.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    members = np.flatnonzero((family >= 0) & scores.is_complete)
    own = _of(scores, members)
    ranks = np.zeros((draws, len(members)), dtype=np.int32)
    total, squares = np.zeros(len(members)), np.zeros(len(members))
    centre = official(own) + own.beside_points
    for part in blocks(draws, 1000):
        shape = (part.stop - part.start, len(own.weight))
        weights = generator.standard_gamma(kappa * own.weight / own.total, shape)
        index = _reweighted(own, weights)
        ranks[part] = family_ranks(index, family[members])
        total += np.nansum(index - centre, axis=0)
        squares += np.nansum((index - centre) ** 2, axis=0)
    return _sampled(ranks, members, len(family), np.sqrt(np.maximum(squares - total**2 / draws, 0) / max(draws - 1, 1)))


def one_at_a_time(scores: Scores, family: np.ndarray) -> RankSpread:
    """Raises and lowers one weight after the other by a quarter."""
    steps = np.concatenate([np.eye(len(scores.weight)) * change for change in (_BOX, -_BOX)])
    return _varied(scores, family, steps)


def leave_one_out(scores: Scores, family: np.ndarray) -> RankSpread:
    """Leaves one criterion after the other out; a unit without any other leaves the variant."""
    return _varied(scores, family, -np.eye(len(scores.weight)))


def indices_without(scores: Scores, groups: np.ndarray) -> np.ndarray:
    """Returns the official index without the criteria of each row of `groups` (variants × criteria; true: left out)."""
    return _reweighted(scores, scores.weight * ~np.asarray(groups, dtype=bool))


def shifts_without(scores: Scores, family: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns per criterion the mean and the largest number of places that ranks move when it is left out."""
    steps = np.concatenate([np.zeros((1, len(scores.weight))), -np.eye(len(scores.weight))])
    ranks = family_ranks(_reweighted(scores, scores.weight * (1 + steps)), family)
    both = (ranks[1:] > 0) & (ranks[0] > 0)
    moved = np.where(both, np.abs(ranks[1:] - ranks[0]), 0)
    return divide(moved.sum(axis=1), both.sum(axis=1)), moved.max(axis=1, initial=0)


def box(scores: Scores, family: np.ndarray) -> RankSpread:
    """Ranks that hold for all weights between 0.75 and 1.25 of the official ones, without sampling.

    One unit is necessarily above another if the weighted difference over their common criteria is above 0 with the
    least favourable weights of the box (robust ordinal regression: Greco, Mousseau & Slowinski 2008).
    """
    best, worst = np.zeros(len(family), dtype=np.int32), np.zeros(len(family), dtype=np.int32)
    for number in np.unique(family[family >= 0]):
        members = np.flatnonzero((family == number) & scores.is_complete)
        above, below = _necessary(_of(scores, members))
        best[members], worst[members] = 1 + above, len(members) - below
    return RankSpread(best, worst)


def importance(scores: Scores) -> np.ndarray:
    """Returns per criterion the squared correlation of its share with the official index, over units that have both.

    It says how much of the order a criterion decides, beside its nominal weight (Paruolo, Saisana & Saltelli 2013).
    NaN for a criterion with fewer than 3 units or equal shares.
    """
    index = np.where(scores.is_complete, official(scores), np.nan)[:, None]
    used = scores.known & ~np.isnan(index)
    n = used.sum(axis=0)
    x = np.where(used, scores.share - divide(np.where(used, scores.share, 0.0).sum(axis=0), n), 0.0)
    y = np.where(used, index - divide(np.where(used, index, 0.0).sum(axis=0), n), 0.0)
    spread = (x**2).sum(axis=0) * (y**2).sum(axis=0)
    return np.where(n > 2, divide((x * y).sum(axis=0) ** 2, np.where(spread > 1e-15, spread, 0.0)), np.nan)


def _of(scores: Scores, members: np.ndarray) -> Scores:
    return Scores(
        weight=scores.weight,
        area=scores.area,
        group=scores.group[members],
        applies=scores.applies[members],
        share=scores.share[members],
        beside_points=scores.beside_points[members],
    )


def _reweighted(scores: Scores, weights: np.ndarray) -> np.ndarray:
    """Returns variants × units: the official index with other weights; what bonus and penalty points add stays."""
    share = np.where(scores.known, scores.share, 0.0)
    index = 100 * divide(weights @ share.T, weights @ scores.applies.T) + scores.beside_points
    return np.where(scores.is_complete, index, np.nan)


def _varied(scores: Scores, family: np.ndarray, steps: np.ndarray) -> RankSpread:
    return RankSpread(*rank_range(family_ranks(_reweighted(scores, scores.weight * (1 + steps)), family)))


def _sampled(ranks: np.ndarray, members: np.ndarray, n_units: int, sd: np.ndarray) -> RankSpread:
    draws = len(ranks)
    ordered = np.sort(ranks, axis=0)

    def everywhere(values: np.ndarray, missing: float = 0) -> np.ndarray:
        result = np.full(n_units, missing, dtype=values.dtype)
        result[members] = values
        return result

    def percentile(p: float) -> np.ndarray:
        return everywhere(ordered[max(int(np.ceil(p * draws - 1e-9)) - 1, 0)])

    return RankSpread(
        best=everywhere(ordered[0]),
        worst=everywhere(ordered[-1]),
        p05=percentile(0.05),
        p50=percentile(0.5),
        p95=percentile(0.95),
        p_first=everywhere((ranks == 1).mean(axis=0), np.nan),
        p_top3=everywhere(((ranks >= 1) & (ranks <= _TOP)).mean(axis=0), np.nan),
        sd_points=everywhere(sd, np.nan),
    )


def _necessary(scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Returns for every unit how many are necessarily above it, and how many necessarily below."""
    n_units = len(scores.group)
    known, points = scores.known.astype(float), scores.points
    above, below = np.zeros(n_units, dtype=np.int64), np.zeros(n_units, dtype=np.int64)
    for part in blocks(n_units):
        difference = points[part] @ known.T - known[part] @ points.T
        distance = np.zeros(difference.shape)
        for column, weight in zip(scores.share.T, scores.weight, strict=True):
            distance += weight * np.nan_to_num(np.abs(column[part, None] - column))
        wins = difference - _BOX * distance > 1e-9
        below[part] = wins.sum(axis=1)
        above += wins.sum(axis=0)
    return above, below
