"""Check values of methods §3.5, PISA 2018 against csranks, and what no set may do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from methods.rank_sets import rank_sets
from tests.support.known_surveys import numbers, read_columns

SCORES, SE = np.array([90.0, 86, 85, 84, 75]), np.array([1, 1.5, 1, 2, 2])


def sets(score: np.ndarray, se: np.ndarray, alpha: float = 0.05):
    return rank_sets(score, se, np.full(len(score), np.inf), alpha)


def test_five_units():
    found = sets(SCORES, SE)
    assert list(zip(found.lo, found.hi, strict=True)) == [(1, 2), (1, 4), (2, 4), (2, 4), (5, 5)]
    marginal = list(zip(found.lo_marginal, found.hi_marginal, strict=True))
    assert [marginal[0], marginal[1], marginal[4]] == [(1, 1), (1, 4), (5, 5)]


def test_tiers_begin_below_the_first_of_the_one_above():
    assert list(sets(SCORES, SE).tier) == [1, 1, 2, 2, 3]


def test_the_critical_values():
    assert norm.isf(0.05 / (2 * np.array([1, 66, 19900]))) == pytest.approx(
        [1.95996398454, 3.36784718003, 4.70710761731], rel=1e-11
    )


def test_countries_of_pisa_2018():
    data, expected = read_columns("pisa2018.csv"), read_columns("expected_csranks_math.csv")
    found = sets(numbers(data["math_score"]), numbers(data["math_se"]))
    position = {name: place for place, name in enumerate(data["jurisdiction"])}
    # The reference draws random numbers; Holm over pairs is a little wider or narrower.
    for name, low, high, scope in zip(*(expected[c] for c in ("jurisdiction", "L", "U", "scope")), strict=True):
        is_marginal = scope == "marginal"
        lo, hi = (found.lo_marginal, found.hi_marginal) if is_marginal else (found.lo, found.hi)
        tolerance = 2 if is_marginal else 1
        assert abs(lo[position[name]] - int(low)) <= tolerance, (name, scope)
        assert abs(hi[position[name]] - int(high)) <= tolerance, (name, scope)
    denmark, israel = position["Denmark"], position["Israel"]
    assert (found.lo_marginal[denmark], found.hi_marginal[denmark]) == (5, 13)
    assert (found.lo_marginal[israel], found.hi_marginal[israel]) == (32, 32)


def test_units_without_sampling_error_are_told_apart_exactly_where_they_differ():
    found = sets(np.array([90.0, 90.0, 80.0]), np.zeros(3))
    assert list(zip(found.lo, found.hi, strict=True)) == [(1, 2), (1, 2), (3, 3)]


def test_one_unit_alone_is_first_and_a_missing_error_is_refused():
    alone = sets(np.array([50.0]), np.array([3.0]))
    assert (alone.lo[0], alone.hi[0], alone.lo_marginal[0], alone.hi_marginal[0], alone.tier[0]) == (1, 1, 1, 1, 1)
    with pytest.raises(ValueError, match="standard error"):
        sets(np.array([50.0, 60.0]), np.array([3.0, np.nan]))


def test_few_degrees_of_freedom_widen_a_set():
    # |t| = 2.12 of 2 df each (Satterthwaite 4) has p .10; as a normal number it would be significant.
    score, se = np.array([53.0, 50.0]), np.ones(2)
    assert rank_sets(score, se, np.full(2, np.inf), 0.05).hi[0] == 1
    assert rank_sets(score, se, np.full(2, 2.0), 0.05).hi[0] == 2


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 5), st.integers(1, 60)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_a_set_holds_the_rank_and_does_not_depend_on_the_order_of_units(units, random):
    score, se, df = (np.array(column, dtype=float) for column in zip(*units, strict=True))
    found = rank_sets(score, se, df, 0.05)
    rank = 1 + (np.round(score, 9)[None, :] > np.round(score, 9)[:, None]).sum(axis=1)
    for lo, hi in ((found.lo, found.hi), (found.lo_marginal, found.hi_marginal)):
        assert (lo <= rank).all()
        assert (rank <= hi).all()
    # The marginal set of a unit is inside the simultaneous one; a larger alpha never widens a set.
    assert (found.lo <= found.lo_marginal).all()
    wider = rank_sets(score, se, df, 0.2)
    assert (wider.lo >= found.lo).all()
    assert (wider.hi <= found.hi).all()
    order = list(range(len(score)))
    random.shuffle(order)
    again = rank_sets(score[order], se[order], df[order], 0.05)
    assert list(again.lo) == list(found.lo[order])
    assert list(again.hi) == list(found.hi[order])


def test_two_hundred_units_lose_no_pair():
    # Each unit is 1 above the next with SE .1: of all 19900 pairs each is found.
    score = np.arange(200, 0, -1, dtype=float)
    found = sets(score, np.full(200, 0.1))
    assert list(found.lo) == list(range(1, 201)) == list(found.hi)
