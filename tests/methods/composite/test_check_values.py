"""The check values of methods §5, which were computed outside this project."""

import numpy as np
import pytest

from methods.composite.adjusted import adjust, contributions, group_mean, mean_residuals
from methods.composite.contests import bradley_terry, copeland
from methods.composite.pairs import bound_ranks, compare_pairs
from methods.composite.ratings import rating_probability, rating_status
from methods.composite.rules import (
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
from methods.composite.self_assessment import sign_test
from methods.composite.weights import box, dirichlet, indices_without, leave_one_out, one_at_a_time

MAXIMA = np.array([10.0, 20.0, 30.0, 40.0])
POINTS = np.array([[9, 18, np.nan, 31], [8, 16, 21, 32], [np.nan, 15, 18, 34], [7, 12, 24, 28]])
TABLE = {
    official: [82.857143, 77, 74.444444, 71],
    hierarchical: [81.25, 77, 74.5, 71],
    zero_fill: [58, 77, 67, 71],
    full_credit: [88, 77, 77, 71],
    impute_all: [79, 77, 75, 71],
    common_only: [81.666667, 80, 81.666667, 66.666667],
    copeland: [2, 1, 0, -3],
    bradley_terry: [0.872063, 0.275296, -0.070887, -1.076472],
    geometric: [81.055772, 76.858588, 73.744787, 70.649040],
}
EVERYBODY = np.zeros(4, dtype=np.int64)


@pytest.fixture(scope="module")
def scores() -> Scores:
    return scores_of(MAXIMA, POINTS / MAXIMA, area=np.array([0, 0, 1, 1]))


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.__name__)
def test_the_check_table_of_the_rules(scores, rule):
    assert rule(scores) == pytest.approx(TABLE[rule], rel=1e-6, abs=1e-6)


def test_a_group_without_own_means_imputes_those_of_all():
    # U1 and U2 are one group, so 21/30 is the mean of criterion 3 for U1; U3 alone has criterion 1 from nobody.
    grouped = scores_of(MAXIMA, POINTS / MAXIMA, group=np.array([0, 0, 1, 2]))
    assert impute_group(grouped) == pytest.approx([79, 77, 75, 71])
    other = scores_of(MAXIMA, POINTS / MAXIMA, group=np.array([0, 1, 1, 0]))
    # U1: 24 of 30; U3: 8 of 10.
    assert impute_group(other) == pytest.approx([82, 77, 75, 71])


def test_the_adjusted_index_its_offset_and_its_uncertainty(scores):
    fit = adjust(scores)
    assert fit.adjusted == pytest.approx([81.021277, 77, 74.851064, 71], rel=1e-6)
    assert fit.offset_points == pytest.approx([1.835866, 0, -0.406619, 0], rel=1e-5, abs=1e-9)
    assert fit.se_points == pytest.approx([3.305617, 0, 1.683138, 0], rel=1e-6)
    assert fit.sigma == pytest.approx(0.504941, rel=1e-5)


def test_ranks_that_the_hard_bounds_leave(scores):
    best, worst = bound_ranks(scores)
    assert (best.tolist(), worst.tolist()) == ([1, 1, 1, 2], [4, 3, 4, 4])


def test_verdicts_on_pairs(scores):
    pairs = compare_pairs(scores, np.arange(4))
    found = {(a, b): v for a, b, v in zip(pairs.unit, pairs.other, pairs.verdict, strict=True)}
    # U2 has 77 whatever happens, U4 71; U1 lies in 58..88.
    assert (found[1, 3], found[3, 1], found[0, 1], len(found)) == (1, -1, 0, 12)
    position = next(n for n, pair in enumerate(zip(pairs.unit, pairs.other, strict=True)) if pair == (0, 2))
    # U1 and U3 share criteria 2 and 4: (18 - 15 + 31 - 34) of 60.
    assert (pairs.n_common[position], pairs.common_max[position]) == (2, 60)
    assert pairs.diff_points[position] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("kappa", "sd"), [(50, 0.6416889), (200, 0.3232300)])
def test_the_sampler_has_the_exact_standard_deviation(scores, kappa, sd):
    spread = dirichlet(scores, EVERYBODY, kappa, draws=40_000)
    share, weight = POINTS[1] / MAXIMA, MAXIMA / 100
    exact = 100 * np.sqrt(((weight * share**2).sum() - (weight * share).sum() ** 2) / (kappa + 1))
    assert exact == pytest.approx(sd, rel=1e-6)
    assert spread.sd_points[1] == pytest.approx(sd, rel=0.015)


def test_the_index_without_the_last_criterion(scores):
    found = indices_without(scores, np.array([[False, False, False, True]]))
    assert found[0] == pytest.approx([90, 75, 66, 71.6666667], rel=1e-7)


def test_leaving_one_criterion_out_by_hand(scores):
    # Without 1: 81.67 76.67 74.44 71.11; 2: 80 76.25 74.29 73.75; 3: 82.86 80 81.67 67.14; 4: 90 75 66 71.67.
    spread = leave_one_out(scores, EVERYBODY)
    assert (spread.best.tolist(), spread.worst.tolist()) == ([1, 2, 2, 3], [1, 3, 4, 4])


def test_one_weight_at_a_time_keeps_this_order(scores):
    # The closest pair, U2 over U3 by 2.56, would need a share difference that a quarter of one weight cannot make.
    spread = one_at_a_time(scores, EVERYBODY)
    assert (spread.best.tolist(), spread.worst.tolist()) == ([1, 2, 3, 4], [1, 2, 3, 4])


def test_necessary_preference(scores):
    spread = box(scores, EVERYBODY)
    assert (spread.best.tolist(), spread.worst.tolist()) == ([1, 2, 2, 3], [2, 2, 4, 4])


def test_contributions_add_up(scores):
    fit = adjust(scores)
    phi = contributions(scores, fit)
    mean = group_mean(scores, fit.adjusted)
    assert np.nansum(phi, axis=1) == pytest.approx(fit.adjusted - mean, abs=1e-9)
    assert np.nansum(phi, axis=1) + fit.offset_points == pytest.approx(official(scores) - mean, abs=1e-9)


def test_residuals_of_one_group_and_area_are_zero_on_average(scores):
    assert mean_residuals(scores, adjust(scores)) == pytest.approx(np.zeros((1, 2)), abs=1e-9)


def test_the_probability_of_a_rating():
    index, se = np.array([89.5, 89.5, 90.0]), np.array([0.8, 0.8, 0.0])
    p = rating_probability(index, se, np.array([90.0, np.nan, 85.0]), np.array([np.nan, 90.0, np.nan]))
    assert p[0] == pytest.approx(0.2659855, rel=1e-6)
    assert p[0] + p[1] == pytest.approx(1)
    assert rating_status(p).tolist() == ["borderline", "borderline", "no_interval"]
    assert rating_status(np.array([0.95, 0.9499])).tolist() == ["firm", "borderline"]


def test_five_against_none():
    assert sign_test(np.array([5, 0, 3]), np.array([0, 0, 3])).tolist() == pytest.approx([0.0625, 1, 1])
