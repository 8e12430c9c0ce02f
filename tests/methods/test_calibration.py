"""Post-stratification with an empty group, and raking by hand."""

import numpy as np
import pytest

from methods.calibration import TRIM, calibration_residuals, post_stratify, rake, weighting_effect


def test_an_empty_group_is_merged_with_the_one_before_else_the_one_after():
    weights, merged = post_stratify(np.ones(3), np.array([1, 1, 3]), np.array([4.0, 6.0, 2.0, 8.0]))
    assert list(merged) == [1, 1, 1, 3]
    assert list(weights) == pytest.approx([6, 6, 8])
    with pytest.raises(ValueError, match="no form"):
        post_stratify(np.array([]), np.array([], dtype=int), np.array([1.0]))


def test_raking_a_table_of_two_by_two():
    # Margins 60, 40 and 50, 50 of independent cells: 30, 30, 20, 20.
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    raked = rake(np.ones(4), [(rows, np.array([60.0, 40.0])), (columns, np.array([50.0, 50.0]))])
    assert list(raked) == pytest.approx([30, 30, 20, 20], rel=1e-9)


def test_raking_keeps_the_odds_ratio_of_the_sample():
    # Deming & Stephan 1940: the odds ratio of the cells stays, here 10 * 40 / (20 * 30), while the margins are met.
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    a, b, c, d = rake(np.array([10.0, 20, 30, 40]), [(rows, np.array([55.0, 45])), (columns, np.array([30.0, 70]))])
    assert (a + b, a + c) == pytest.approx((55, 30), rel=1e-9)
    assert a * d / (b * c) == pytest.approx(2 / 3, rel=1e-9)


def test_raking_refuses_what_cannot_be_met_and_trims_on_demand():
    code = np.array([0, 0, 0, 1])
    with pytest.raises(ValueError, match="different sums"):
        rake(np.ones(4), [(code, np.array([1.0, 1])), (code, np.array([2.0, 1]))])
    with pytest.raises(ValueError, match="has no form"):
        rake(np.ones(4), [(code, np.array([1.0, 1, 1]))])
    trimmed = rake(np.ones(4), [(code, np.array([3.0, 97]))], trim=TRIM)
    assert list(trimmed) == [1, 1, 1, 3]


def test_what_the_totals_explain_is_no_variance():
    code, weights = np.array([0, 0, 1, 1]), np.array([1.0, 2, 3, 4])
    explained = weights * np.array([5.0, 5, 7, 7])
    assert list(calibration_residuals(explained, weights, [code])) == pytest.approx([0, 0, 0, 0], abs=1e-12)


def test_unequal_weights_cost():
    assert weighting_effect(np.ones(7)) == 1
    assert weighting_effect(np.array([1.0, 3.0])) == pytest.approx(2 * 10 / 16)
