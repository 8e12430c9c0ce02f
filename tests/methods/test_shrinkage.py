"""Check values of methods §3.7: the BCG trials, five units, Efron and Morris' baseball players, four shares."""

import numpy as np
import pytest

from methods.shrinkage import shrink_means, shrink_shares
from tests.support.known_surveys import numbers, read_columns

HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7])


def test_the_bcg_trials():
    columns = read_columns("bcg.csv")
    a, b, c, d = (numbers(column) for column in columns.values())
    log_ratio = np.log(a / (a + b)) - np.log(c / (c + d))
    se = np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    found = shrink_means(log_ratio, se)
    assert (found.q, found.tau2, found.mu) == pytest.approx((152.2330081, 0.3087602629, -0.7141172221), rel=1e-8)


def test_five_units():
    found = shrink_means(np.array([90.0, 86, 85, 84, 75]), np.array([1, 1.5, 1, 2, 2]))
    assert (found.q, found.tau2, found.mu) == pytest.approx((48.2287736, 20.5175055, 84.2109097), rel=1e-6)
    assert found.estimate[4] == pytest.approx(76.5027515, rel=1e-8)


def test_baseball_players():
    p = HITS / 45
    common = p.mean() * (1 - p.mean()) / 45
    found = shrink_means(p, np.full(18, np.sqrt(common)))
    kept = (found.estimate[0] - found.mu) / (p[0] - found.mu)
    assert (kept, found.estimate[0]) == pytest.approx((0.1065405394, 0.2797690356), rel=1e-8)
    # Not the estimator of James and Stein, whose factor divides by k - 3 (Efron & Morris 1975).
    factor = 1 - 15 * common / ((p - p.mean()) ** 2).sum()
    assert (factor, p.mean() + factor * (p[0] - p.mean())) == pytest.approx((0.2116534171, 0.2939138549), rel=1e-8)


def test_four_shares():
    estimate, p, rho = shrink_shares(np.array([9, 40, 30, 2]), np.array([10, 50, 60, 3]))
    assert (p, rho) == pytest.approx((0.6585365854, 0.1546285004), rel=1e-8)
    assert (1 - rho) / rho == pytest.approx(5.4671130965, rel=1e-8)
    assert list(estimate) == pytest.approx([0.8146507, 0.7860567, 0.5132393, 0.6614172], rel=1e-6)


def test_estimates_lie_between_the_raw_ones_and_the_mean():
    rng = np.random.default_rng(5)
    y, se = 80 + 5 * rng.standard_normal(30), rng.uniform(1, 6, 30)
    found = shrink_means(y, se)
    assert (np.abs(found.estimate - found.mu) <= np.abs(y - found.mu) + 1e-12).all()
    assert ((found.estimate - found.mu) * (y - found.mu) >= -1e-12).all()
    assert (found.se <= se + 1e-12).all()


def test_without_differences_all_equal_the_mean():
    found = shrink_means(np.array([50.0, 51, 49]), np.array([5.0, 5, 5]))
    assert found.tau2 == 0
    assert list(found.estimate) == pytest.approx([50, 50, 50])
    estimate, p, rho = shrink_shares(np.array([5, 5]), np.array([10, 10]))
    assert rho == 0
    assert list(estimate) == [p, p] == [0.5, 0.5]


def test_a_unit_that_is_known_stays():
    found = shrink_means(np.array([50.0, 60, 70]), np.array([0.0, 3, 3]))
    assert (found.estimate[0], found.se[0]) == (50, 0)
    only_known = shrink_means(np.array([50.0, 60]), np.zeros(2))
    assert list(only_known.estimate) == [50, 60]
