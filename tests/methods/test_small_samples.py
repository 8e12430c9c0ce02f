"""Check values of methods §3.3."""

import numpy as np
import pytest

from methods.proportions import wilson_interval
from methods.small_samples import effective_size, korn_graubard, moderated_variance, t_interval


def one(p: float, se: float, n: int, df: int) -> tuple[float, float, float]:
    effective = effective_size(np.array([p]), np.array([se]), np.array([n]), np.array([df]), 0.05)
    lower, upper = korn_graubard(np.array([p]), effective, 0.05)
    return float(effective[0]), float(lower[0]), float(upper[0])


def test_korn_graubard_of_a_clustered_share():
    assert one(0.85, 0.06, 60, 10) == pytest.approx((28.5637584662, 0.667039015182, 0.955061554983), rel=1e-11)


def test_korn_graubard_where_everyone_agrees():
    assert one(1, 0, 8, 7) == pytest.approx((8, 0.630583352447, 1), rel=1e-11)
    # The rule of three, exactly: 1 - (alpha/2)^(1/n).
    assert one(0, 0, 8, 7) == pytest.approx((8, 0, 1 - 0.025 ** (1 / 8)), rel=1e-11)


def test_the_effective_size_is_at_most_the_forms_and_nothing_without_freedom():
    assert one(0.5, 0.01, 60, 59)[0] == 60
    assert all(np.isnan(one(0.5, 0.1, 60, 0)))
    assert all(np.isnan(one(0.5, 0.1, 1, 1)))


def test_korn_graubard_at_the_size_of_a_simple_sample_is_clopper_pearson():
    # Clopper & Pearson for 81 of 263, as Newcombe 1998a, table I, method 5 prints it: 0.2527 to 0.3676.
    lower, upper = korn_graubard(np.array([81 / 263]), np.array([263.0]), 0.05)
    assert (lower[0], upper[0]) == pytest.approx((0.2527, 0.3676), abs=5e-5)


def test_wilson_with_an_effective_size():
    for x, n, expected in ((81, 263, (0.255288519878, 0.366209576982)), (0, 10, (0, 0.277532799863))):
        lower, upper = wilson_interval(np.array([x]), np.array([n]), 0.05)
        assert (lower[0], upper[0]) == pytest.approx(expected, rel=1e-11, abs=1e-15)


def test_a_variance_of_zero_is_moderated():
    variance, df = moderated_variance(np.array([0.0]), np.array([4]), np.array([0.8]), 4)
    assert (variance[0], df[0]) == pytest.approx((0.4, 8))


def test_without_a_degree_of_freedom_there_is_no_t_interval():
    lower, upper = t_interval(np.array([50.0, 50.0]), np.array([2.0, 2.0]), np.array([0, 14]), 0.05)
    assert np.isnan([lower[0], upper[0]]).all()
    # t.975,14 as in every printed table: 2.1448.
    assert upper[1] - 50 == pytest.approx(2 * 2.1448, abs=1e-4)
