"""Check values of methods §3.4, and Holm's own example."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.differences import difference, difference_of_shares, holm, satterthwaite, verdict


def test_satterthwaite():
    assert satterthwaite(np.array([4.0, 9.0]), np.array([20, 30])) == pytest.approx(48.2857143, rel=1e-8)
    assert float(satterthwaite(np.array([0.0, 9.0]), np.array([0, 30]))) == pytest.approx(30)
    assert np.isnan(satterthwaite(np.array([1.0, 9.0]), np.array([0, 30])))
    assert np.isinf(satterthwaite(np.array([0.0, 0.0]), np.array([5, 5])))


def of(earlier: float, later: float, v: tuple[float, float], df: tuple[float, float], covariance: float = 0.0):
    one = difference(
        np.array([earlier]),
        np.array([later]),
        (np.array([v[0]]), np.array([v[1]])),
        (np.array([df[0]]), np.array([df[1]])),
        0.05,
        covariance,
    )
    return {name: float(values[0]) for name, values in one.items()}


def test_a_difference_of_two_samples():
    # SE sqrt(13), df 48.2857; t of a table at 48 df is 2.0106.
    found = of(70, 80, (4, 9), (20, 30))
    assert (found["diff"], found["se"], found["df"]) == pytest.approx((10, 13**0.5, 48.2857143), rel=1e-8)
    assert found["diff_hi"] - 10 == pytest.approx(2.0106 * 13**0.5, abs=1e-3)
    assert 0.005 < found["p_value"] < 0.01


def test_samples_that_share_their_psus_are_compared_within_them():
    # apistrat api00 - api99 (methods §3.4): the variances and the covariance of the two means.
    from methods.linearise import mean
    from tests.methods.test_design import API00, API99, WEIGHT, of_schools

    v00, v99 = (of_schools(mean(values, WEIGHT)[1]).variance[0] for values in (API00, API99))
    together = of_schools(mean(API00, WEIGHT)[1] + mean(API99, WEIGHT)[1]).variance[0]
    covariance = (together - v00 - v99) / 2
    assert of(0, 32.8925183754, (v99, v00), (197, 197), covariance)["se"] == pytest.approx(2.05111240771, rel=1e-9)


def test_without_any_variance_only_equal_numbers_are_equal():
    assert of(50, 50, (0, 0), (9, 9))["p_value"] == 1
    assert of(50, 51, (0, 0), (9, 9))["p_value"] == 0
    assert np.isnan(of(50, 51, (1, 1), (0, 9))["p_value"])
    assert np.isnan(of(50, 51, (np.nan, 1), (9, 9))["p_value"])


def test_newcombe_for_two_shares():
    lower, upper = difference_of_shares(*(np.array([x]) for x in (56, 70, 48, 80)), 0.05)
    assert (lower[0], upper[0]) == pytest.approx((0.0524314724, 0.3338726540), rel=1e-9)


def test_holm_within_families():
    # p.adjust(c(.01, .02, .03, .04), "holm") in R: .04, .06, .06, .06. The second family has one test.
    p = np.array([0.04, 0.01, 0.03, 0.02, 0.2, np.nan])
    adjusted = holm(p, np.array([1, 1, 1, 1, 2, 2]))
    assert list(adjusted[:5]) == pytest.approx([0.06, 0.04, 0.06, 0.06, 0.2])
    assert np.isnan(adjusted[5])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(values):
    p = np.array(values)
    adjusted = holm(p, np.zeros(len(p)))
    assert (adjusted >= p).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_a_change_is_named_only_when_it_is_more_than_chance():
    words = verdict(np.array([2.0, -2.0, 2.0, 0.0, 1.0]), np.array([0.01, 0.049, 0.05, 0.0, np.nan]), 0.05)
    assert list(words) == ["improved", "declined", *["no_clear_change"] * 3]
