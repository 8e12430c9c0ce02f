"""Properties of methods §7 over random score tables with exclusions, pending points, groups, areas and bonus points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.composite.adjusted import adjust, contributions, group_mean
from methods.composite.contests import bradley_terry, copeland
from methods.composite.pairs import bound_ranks, compare_pairs
from methods.composite.ranks import competition_ranks
from methods.composite.rules import (
    bounds,
    common_only,
    full_credit,
    geometric,
    hierarchical,
    impute_all,
    impute_group,
    official,
    zero_fill,
)
from methods.composite.scores import Scores, scores_of
from methods.composite.weights import box, dirichlet, leave_one_out, one_at_a_time

RULES = (official, hierarchical, zero_fill, full_credit, impute_all, impute_group, common_only, geometric, copeland)
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


@st.composite
def tables(draw, pending: bool = True, exclusions: bool = True) -> Scores:
    seed = draw(st.integers(0, 2**32 - 1))
    n_units, n_criteria = draw(st.integers(1, 12)), draw(st.integers(1, 10))
    generator = np.random.default_rng(seed)
    maxima = generator.choice([0.5, 1, 2, 3, 5, 10], n_criteria)
    # Points in quarters, as a council gives them: ties happen.
    points = np.round(4 * generator.uniform(0, 1, (n_units, n_criteria)) * maxima) / 4
    applies = generator.uniform(size=points.shape) > (generator.choice([0.1, 0.5]) if exclusions else -1)
    open_points = (generator.uniform(size=points.shape) < 0.05) & applies if pending else np.zeros_like(applies)
    return scores_of(
        maxima,
        np.where(applies & ~open_points, np.minimum(points, maxima) / maxima, np.nan),
        applies=applies,
        area=generator.integers(0, 3, n_criteria),
        group=generator.integers(0, 3, n_units),
        beside_points=np.where(generator.uniform(size=n_units) < 0.3, generator.uniform(-5, 5, n_units), 0.0),
    )


def reordered(scores: Scores, units: np.ndarray, criteria: np.ndarray, scale: float = 1.0) -> Scores:
    return Scores(
        weight=scale * scores.weight[criteria],
        area=scores.area[criteria],
        group=scores.group[units],
        applies=scores.applies[np.ix_(units, criteria)],
        share=scores.share[np.ix_(units, criteria)],
        beside_points=scores.beside_points[units],
    )


@given(tables())
@settings(max_examples=150, deadline=None)
def test_rules_lie_between_nothing_and_everything(scores):
    r2, r3, low, high = zero_fill(scores), full_credit(scores), *bounds(scores)
    complete = scores.is_complete
    for rule in (official, impute_all, impute_group):
        found = rule(scores)
        assert np.array_equal(np.isnan(found), ~complete)
        assert np.all(found[complete] >= r2[complete] - 1e-9)
        assert np.all(found[complete] <= r3[complete] + 1e-9)
    assert np.allclose(low[complete], r2[complete], **CLOSE)
    assert np.allclose(high[complete], r3[complete], **CLOSE)
    some = scores.applies.any(axis=1)
    assert np.all(low[some] <= high[some] + 1e-9)
    is_unfloored = np.all(np.where(scores.known, scores.share, 1) >= 0.01, axis=1) & complete
    assert np.all(geometric(scores)[is_unfloored] <= hierarchical(scores)[is_unfloored] + 1e-9)


@given(tables())
@settings(max_examples=150, deadline=None)
def test_the_offset_and_the_contributions_add_up(scores):
    fit = adjust(scores)
    if not fit.is_estimable:
        assert np.isnan(fit.adjusted).all()
        return
    complete = scores.is_complete
    r1 = official(scores)
    assert np.allclose(fit.adjusted[complete], (r1 - fit.offset_points)[complete], **CLOSE)
    phi, mean = np.nansum(contributions(scores, fit), axis=1), group_mean(scores, fit.adjusted)
    assert np.allclose(phi[complete], (fit.adjusted - mean)[complete], rtol=1e-8, atol=1e-8)
    full = complete & scores.applies.all(axis=1)
    for rule in (hierarchical, zero_fill, full_credit, impute_all, impute_group):
        assert np.allclose(rule(scores)[full], r1[full], **CLOSE)
    assert np.allclose(fit.adjusted[full], r1[full], **CLOSE)
    assert np.all(fit.se_points[full] == 0)


@given(tables(pending=False))
@settings(max_examples=100, deadline=None)
def test_imputing_the_fitted_values_gives_the_adjusted_index(scores):
    fit = adjust(scores, fewest_units=1)
    if not fit.is_estimable or not scores.known.any(axis=0).all():
        return
    filled = np.where(scores.applies, scores.share, fit.ability[:, None] + fit.difficulty)
    complete = scores.is_complete
    assert np.allclose((100 * filled @ scores.weight / scores.total)[complete], fit.adjusted[complete], **CLOSE)


@given(tables(pending=False))
@settings(max_examples=60, deadline=None)
def test_the_fit_is_the_least_squares_fit(scores):
    # The dense system with a column per unit and criterion, solved without eliminating anything.
    fit = adjust(scores, fewest_units=1)
    if not fit.is_estimable or not scores.known.any(axis=0).all():
        return
    rows, columns = np.nonzero(scores.known)
    n_units = len(scores.group)
    design = np.zeros((len(rows), n_units + len(scores.weight)))
    design[np.arange(len(rows)), rows] = design[np.arange(len(rows)), n_units + columns] = 1
    root = np.sqrt(scores.weight[columns])
    solution, *_ = np.linalg.lstsq(design * root[:, None], scores.share[rows, columns] * root, rcond=None)
    ability, difficulty = solution[:n_units], solution[n_units:]
    theta = 100 * (ability + scores.weight @ difficulty / scores.total)
    complete = scores.is_complete
    assert np.allclose(fit.adjusted[complete], theta[complete], rtol=1e-8, atol=1e-8)
    df = len(rows) - np.linalg.matrix_rank(design)
    if df > 0:
        rss = (scores.weight[columns] * (scores.share[rows, columns] - design @ solution) ** 2).sum()
        assert fit.sigma == pytest.approx(np.sqrt(rss / df), rel=1e-6, abs=1e-9)


@given(tables(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_rows_and_the_scale_of_points_change_nothing(scores, random):
    units, criteria = list(range(len(scores.group))), list(range(len(scores.weight)))
    random.shuffle(units)
    random.shuffle(criteria)
    other = reordered(scores, np.array(units), np.array(criteria), 2)
    for rule in RULES:
        assert np.allclose(rule(other), rule(scores)[units], equal_nan=True, rtol=1e-8, atol=1e-8)
    assert np.allclose(adjust(other).adjusted, adjust(scores).adjusted[units], equal_nan=True, rtol=1e-7, atol=1e-7)
    logs, shuffled = bradley_terry(scores), bradley_terry(other)
    assert (logs is None) == (shuffled is None)
    if logs is not None and shuffled is not None:
        assert np.allclose(shuffled, logs[units], equal_nan=True, atol=1e-6)


@given(tables())
@settings(max_examples=80, deadline=None)
def test_every_pair_is_compared_once_in_each_direction(scores):
    pairs = compare_pairs(scores, np.arange(len(scores.group)))
    n = int(scores.is_complete.sum())
    found = {
        (a, b): (d, v) for a, b, d, v in zip(pairs.unit, pairs.other, pairs.diff_points, pairs.verdict, strict=True)
    }
    assert len(found) == len(pairs.unit) == n * (n - 1)
    for (a, b), (difference, verdict) in found.items():
        assert found[b, a][1] == -verdict
        assert found[b, a][0] == pytest.approx(-difference, abs=1e-9, nan_ok=True)
    r1 = official(scores)
    for (a, b), (_, verdict) in found.items():
        assert verdict == 0 or verdict * (r1[a] - r1[b]) > 0
    best, worst = bound_ranks(scores)
    ranks = competition_ranks(r1)
    assert np.all((best <= ranks) & (ranks <= worst))


@given(tables())
@settings(max_examples=60, deadline=None)
def test_every_complete_unit_has_a_range_of_ranks(scores):
    family = np.where(scores.is_complete, scores.group, -1)
    for spread in (one_at_a_time(scores, family), dirichlet(scores, family, 50, draws=200)):
        assert np.all(spread.best <= spread.worst)
        assert np.all((spread.worst > 0) == scores.is_complete)
    found = dirichlet(scores, family, 50, draws=200)
    assert np.all((found.best <= found.p05) & (found.p05 <= found.p50) & (found.p50 <= found.p95))
    assert np.all(leave_one_out(scores, family).best <= leave_one_out(scores, family).worst)


@given(tables(pending=False, exclusions=False))
@settings(max_examples=60, deadline=None)
def test_the_box_holds_the_rank_of_units_with_the_same_criteria(scores):
    ranks = competition_ranks(official(scores))
    spread = box(scores, np.zeros(len(scores.group), dtype=np.int64))
    assert np.all((spread.best <= ranks) & (ranks <= spread.worst))


@given(tables(pending=False))
@settings(max_examples=60, deadline=None)
def test_wins_and_losses_add_up_to_nothing(scores):
    assert np.nansum(copeland(scores)) == 0
    logs = bradley_terry(scores)
    assert logs is None or np.nansum(logs) == pytest.approx(0, abs=1e-9)


def test_draws_do_not_depend_on_the_order_of_units():
    generator = np.random.default_rng(5)
    scores = scores_of(np.arange(1.0, 9), generator.uniform(0, 1, (20, 8)))
    turned = reordered(scores, np.arange(20)[::-1], np.arange(8))
    family = np.zeros(20, dtype=np.int64)
    first, second = dirichlet(scores, family, 50, draws=500), dirichlet(turned, family, 50, draws=500)
    assert np.array_equal(first.p05, second.p05[::-1])
    assert np.array_equal(first.p_first, second.p_first[::-1])


def test_competition_ranks_share_places_and_skip_the_next():
    values = np.array([[90, 80 + 1e-12, 80, np.nan, 70], [1, 2, 3, 4, 5]])
    assert competition_ranks(values).tolist() == [[1, 2, 2, 0, 4], [5, 4, 3, 2, 1]]
