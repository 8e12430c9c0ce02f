"""Six persons judged by four judges (Shrout & Fleiss 1979, tables 2 to 4), and questionnaires by hand."""

import numpy as np
import pytest

from methods.answer_quality import cronbach_alpha, intraclass_correlation

RATINGS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)


def test_the_intraclass_correlation_of_shrout_and_fleiss():
    # Their ICC(1,1) is .17, from mean squares 11.24 between persons and 6.26 within.
    means = RATINGS.mean(axis=1)
    between, within = 4 * ((means - means.mean()) ** 2).sum(), ((RATINGS - means[:, None]) ** 2).sum()
    assert (between / 5, within / 18) == pytest.approx((11.24, 6.26), abs=5e-3)
    rho = intraclass_correlation(np.array([6]), np.array([24]), np.array([96]), np.array([between]), np.array([within]))
    assert rho[0] == pytest.approx((11.24 - 6.26) / (11.24 + 3 * 6.26), abs=1e-3)


def test_alpha_is_the_reliability_of_the_sum_in_shrout_and_fleiss():
    # Their ICC(3,4), the alpha of four judges, is .91.
    alpha = cronbach_alpha(
        np.array([4]), np.array([RATINGS.var(axis=0, ddof=1).sum()]), np.array([RATINGS.sum(axis=1).var(ddof=1)])
    )
    assert alpha[0] == pytest.approx(0.91, abs=5e-3)


def test_alpha_of_equal_and_of_unrelated_items():
    # Two equal items: variance of the sum is four times one of them. Unrelated ones: it is the sum of both.
    assert list(cronbach_alpha(np.array([2, 2]), np.array([2.0, 2.0]), np.array([4.0, 2.0]))) == [1, 0]


def test_what_has_no_answer():
    assert np.isnan(cronbach_alpha(np.array([1, 3]), np.array([1.0, 0.0]), np.array([1.0, 0.0]))).all()
    for k, n, squares, between, within in ((1, 9, 81, 0, 9), (9, 9, 9, 9, 0), (3, 9, 27, 0, 0)):
        assert np.isnan(intraclass_correlation(*(np.array([value]) for value in (k, n, squares, between, within))))
