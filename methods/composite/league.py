"""The league of one criteria set in one year: every rule, range and interval beside the official ranks (methods §5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from methods.composite import rules
from methods.composite.adjusted import Adjustment, adjust, contributions
from methods.composite.contests import bradley_terry, copeland
from methods.composite.pairs import Pairs, compare_pairs
from methods.composite.ranks import family_ranks, rank_range
from methods.composite.ratings import rating_probability
from methods.composite.scores import Scores
from methods.composite.weights import (
    DRAWS,
    KAPPAS,
    RankSpread,
    box,
    dirichlet,
    leave_one_out,
    one_at_a_time,
    shifts_without,
)
from methods.rank_sets import rank_sets

# Other indices rather than variants of the official one: the narrower range of ranks leaves them out.
BOUNDING = ("zero_fill", "full_credit")
# Not in the range of ranks over rules (methods §5.3).
_BESIDE_RANGE = ("hierarchical", "geometric")
# Of a larger family not every pair is compared, as with the limits of methods §2.3 (holm_max_units).
MOST_PAIRED_UNITS = 200


@dataclass(frozen=True)
class Standing:
    """What SQL decided per unit: the official index (with bonus and penalty points), who is ranked, and the rating.

    `survey_se` is the standard error that surveys bring into the index, in points, NaN where it is not known. Floors
    are those of the given rating and of the next one, NaN without.
    """

    official: np.ndarray
    is_ranked: np.ndarray
    is_overall: bool
    survey_se: np.ndarray
    floor: np.ndarray
    next_floor: np.ndarray


@dataclass(frozen=True)
class League:
    """Results by unit; ranks are 0 and numbers NaN where there is none."""

    fit: Adjustment
    rules: dict[str, np.ndarray]
    overall_ranks: dict[str, np.ndarray]
    group_ranks: dict[str, np.ndarray]
    rule_range: tuple[np.ndarray, np.ndarray]
    variant_range: tuple[np.ndarray, np.ndarray]
    spreads: dict[str, RankSpread]
    se: np.ndarray
    interval: tuple[np.ndarray, np.ndarray]
    overall_set: tuple[np.ndarray, np.ndarray]
    group_set: tuple[np.ndarray, np.ndarray]
    p_rating: np.ndarray
    contributions: np.ndarray
    pairs: list[Pairs]
    shifts: tuple[np.ndarray, np.ndarray]
    is_separated: bool


def judge(scores: Scores, standing: Standing, alpha: float, draws: int = DRAWS) -> League:
    """Computes everything that stands beside the official ranks of one set and year."""
    fit = adjust(scores)
    values, is_separated = _rules(scores, standing, fit)
    overall = np.where(standing.is_ranked & standing.is_overall, 0, -1)
    by_group = np.where(standing.is_ranked, scores.group, -1)
    family = overall if standing.is_overall else by_group
    overall_ranks = {name: family_ranks(index, overall) for name, index in values.items()}
    group_ranks = {name: family_ranks(index, by_group) for name, index in values.items()}
    ranks = overall_ranks if standing.is_overall else group_ranks
    ranged = [name for name in values if name not in _BESIDE_RANGE]
    se = np.sqrt(standing.survey_se**2 + fit.se_points**2)
    half = float(norm.isf(alpha / 2)) * se
    return League(
        fit=fit,
        rules=values,
        overall_ranks=overall_ranks,
        group_ranks=group_ranks,
        rule_range=rank_range(np.stack([ranks[name] for name in ranged])),
        variant_range=rank_range(np.stack([ranks[name] for name in ranged if name not in BOUNDING])),
        spreads=_spreads(scores, family, draws),
        se=se,
        interval=(standing.official - half, standing.official + half),
        overall_set=_rank_set(standing.official, se, overall, alpha),
        group_set=_rank_set(standing.official, se, by_group, alpha),
        p_rating=rating_probability(
            standing.official, se, np.where(standing.floor > 0, standing.floor, np.nan), standing.next_floor
        ),
        contributions=contributions(scores, fit),
        pairs=_pairs(scores, standing.is_overall),
        shifts=shifts_without(scores, family),
        is_separated=is_separated,
    )


def _rules(scores: Scores, standing: Standing, fit: Adjustment) -> tuple[dict[str, np.ndarray], bool]:
    logs = bradley_terry(scores)
    return {
        "official": standing.official,
        "hierarchical": rules.hierarchical(scores),
        "zero_fill": rules.zero_fill(scores),
        "full_credit": rules.full_credit(scores),
        "impute_all": rules.impute_all(scores),
        "impute_group": rules.impute_group(scores),
        "common_only": rules.common_only(scores),
        "difficulty_adjusted": fit.adjusted,
        "copeland": copeland(scores),
        "bradley_terry": np.full(len(scores.group), np.nan) if logs is None else logs,
        "geometric": rules.geometric(scores),
    }, logs is None


def _spreads(scores: Scores, family: np.ndarray, draws: int) -> dict[str, RankSpread]:
    return {
        **{f"dirichlet_{kappa}": dirichlet(scores, family, kappa, draws) for kappa in KAPPAS},
        "one_at_a_time": one_at_a_time(scores, family),
        "leave_one_out": leave_one_out(scores, family),
        "box": box(scores, family),
    }


def _rank_set(index: np.ndarray, se: np.ndarray, family: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the simultaneous confidence sets of ranks in every family (methods §3.5), 0 outside."""
    low, high = np.zeros(len(index), dtype=np.int64), np.zeros(len(index), dtype=np.int64)
    for number in np.unique(family[family >= 0]):
        members = np.flatnonzero((family == number) & ~np.isnan(index) & ~np.isnan(se))
        if len(members):
            found = rank_sets(index[members], se[members], np.full(len(members), np.inf), alpha)
            low[members], high[members] = found.lo, found.hi
    return low, high


def _pairs(scores: Scores, is_overall: bool) -> list[Pairs]:
    family = np.zeros(len(scores.group), dtype=np.int64) if is_overall else scores.group
    members = [np.flatnonzero((family == number) & scores.is_complete) for number in np.unique(family)]
    return [compare_pairs(scores, part) for part in members if len(part) <= MOST_PAIRED_UNITS]
