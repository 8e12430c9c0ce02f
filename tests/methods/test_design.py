"""Variances of known surveys (methods §3.2), the six index forms by hand, and strata with one PSU."""

import numpy as np
import pytest
from scipy.stats import t

from methods.calibration import calibration_residuals, post_stratify
from methods.design import Strata, estimate_variance, stratum_of, with_absent
from methods.linearise import INDEX_FORMS, index, mean, ratio
from tests.support.known_surveys import (
    CLUSTER_WEIGHT,
    DISTRICTS,
    SCHOOL_TYPES,
    SCHOOLS,
    WEIGHTS,
    coded,
    numbers,
    read_columns,
)

STRAT = read_columns("apistrat.csv")
TYPE = coded(STRAT["stype"])
API00, API99 = numbers(STRAT["api00"]), numbers(STRAT["api99"])
WEIGHT = np.array([WEIGHTS[kind] for kind in STRAT["stype"]])
POPULATION = np.array([SCHOOLS[kind] for kind in STRAT["stype"]])
CLUS = read_columns("apiclus1.csv")
# methods §3.1: answers of four persons to two items of weight .6 and .4.
ANSWERS = np.array([[5, 4], [4, np.nan], [2, 3], [5, 5]])
V = np.array([0.6, 0.4])


def of_schools(linearised: np.ndarray, in_domain: np.ndarray | None = None):
    everyone = np.zeros(len(TYPE), dtype=int)
    strata = stratum_of(everyone, TYPE, np.arange(len(TYPE)), linearised, in_domain, POPULATION)
    return estimate_variance(strata, 1)


def of_persons(linearised: np.ndarray, population: float = np.nan):
    n = len(linearised)
    zero = np.zeros(n, dtype=int)
    return estimate_variance(stratum_of(zero, zero, np.arange(n), linearised, None, np.full(n, population)), 1)


def test_the_mean_of_apistrat():
    estimate, u = mean(API00, WEIGHT)
    design = of_schools(u)
    se = np.sqrt(design.variance[0])
    assert (estimate, se, design.df[0]) == pytest.approx((662.287363159, 9.40894080278, 197), rel=1e-11)
    half = t.ppf(0.975, 197) * se
    assert (estimate - half, estimate + half) == pytest.approx((643.732188, 680.842538), rel=1e-9)


def test_a_domain_that_is_a_stratum():
    is_high = np.array(STRAT["stype"]) == "H"
    estimate, u = mean(API00, WEIGHT, is_high)
    design = of_schools(u, is_high)
    assert (estimate, np.sqrt(design.variance[0])) == pytest.approx((625.82, 14.9371291854), rel=1e-11)
    assert design.df[0] == 49


def test_a_domain_that_crosses_strata():
    is_wide = np.array(STRAT["is_sch_wide"]) == "1"
    estimate, u = mean(API00, WEIGHT, is_wide)
    design = of_schools(u, is_wide)
    assert (estimate, np.sqrt(design.variance[0])) == pytest.approx((676.530443657, 10.5203892001), rel=1e-11)
    assert design.df[0] == is_wide.sum() - 3


def test_a_ratio_and_a_difference_within_persons():
    estimate, u = ratio(numbers(STRAT["api_stu"]), numbers(STRAT["enroll"]), WEIGHT)
    assert (estimate, np.sqrt(of_schools(u).variance[0])) == pytest.approx(
        (0.836956886941, 0.00775710316664), rel=1e-11
    )
    estimate, u = mean(API00 - API99, WEIGHT)
    se = np.sqrt(of_schools(u).variance[0])
    assert (estimate, se) == pytest.approx((32.8925183754, 2.05111240771), rel=1e-11)
    apart = [of_schools(mean(values, WEIGHT)[1]).variance[0] for values in (API00, API99)]
    assert np.sqrt(sum(apart)) == pytest.approx(13.70, abs=0.005)


def clusters(linearised: np.ndarray):
    zero = np.zeros(len(linearised), dtype=int)
    population = np.full(len(linearised), DISTRICTS)
    return estimate_variance(stratum_of(zero, zero, coded(CLUS["dnum"]), linearised, None, population), 1)


def test_the_mean_of_apiclus1():
    scores = numbers(CLUS["api00"])
    estimate, u = mean(scores, np.full(len(scores), CLUSTER_WEIGHT))
    design = clusters(u)
    se = np.sqrt(design.variance[0])
    assert (estimate, se, design.df[0]) == pytest.approx((644.169398907, 23.5422406938, 14), rel=1e-11)
    half = t.ppf(0.975, 14) * se
    assert (estimate - half, estimate + half) == pytest.approx((593.676, 694.662), abs=5e-4)


def test_apiclus1_post_stratified():
    scores, kind = numbers(CLUS["api00"]), np.array([SCHOOL_TYPES.index(value) for value in CLUS["stype"]])
    totals = np.array([SCHOOLS[name] for name in SCHOOL_TYPES])
    weights, merged = post_stratify(np.full(len(scores), CLUSTER_WEIGHT), kind, totals)
    assert list(merged) == [0, 1, 2]
    estimate, u = mean(scores, weights)
    se = np.sqrt(clusters(calibration_residuals(u, weights, [kind])).variance[0])
    assert (estimate, se) == pytest.approx((642.310788212, 23.9204864451), rel=1e-11)


def test_the_six_index_forms_by_hand():
    found = {form: index(form, ANSWERS, V, np.ones(4))[0] for form in INDEX_FORMS}
    assert found == pytest.approx(
        {
            "mean_minmax": 75,
            "mean_of_five": 80,
            "top2_weighted": 71.6666667,
            "top2_pooled": 71.4285714,
            "respondent_mean": 75,
            "all_satisfied": 75,
        },
        rel=1e-8,
    )


def test_the_standard_errors_of_two_forms_by_hand():
    se = {form: np.sqrt(of_persons(index(form, ANSWERS, V, np.ones(4))[1]).variance[0]) for form in INDEX_FORMS}
    assert se["mean_minmax"] == pytest.approx(15.5605151, rel=1e-8)
    assert se["mean_of_five"] == pytest.approx(15.5605151 * 20 / 25, rel=1e-8)
    assert se["top2_weighted"] == pytest.approx(27.1768329, rel=1e-8)
    of_forty = of_persons(index("mean_minmax", ANSWERS, V, np.ones(4))[1], population=40)
    assert np.sqrt(of_forty.variance[0]) == pytest.approx(14.7620008, rel=1e-8)


def test_several_criteria_of_one_survey_are_linearised_together():
    # methods §5.4: two criteria of 4 points, on item 1 alone and on the whole, of 92 or 50 applicable points.
    whole, of_all = index("top2_weighted", ANSWERS, V, np.ones(4))
    first, of_first = index("top2_weighted", ANSWERS[:, :1], np.ones(1), np.ones(4))
    assert 4 / 92 * (whole + first) == pytest.approx(6.3768116, rel=1e-7)
    assert np.sqrt(of_persons(4 / 92 * (of_all + of_first)).variance[0]) == pytest.approx(2.2617778, rel=1e-7)
    assert np.sqrt(of_persons(4 / 50 * (of_all + of_first)).variance[0]) == pytest.approx(4.1616711, rel=1e-7)
    apart = of_persons(4 / 92 * of_all).variance[0] + of_persons(4 / 92 * of_first).variance[0]
    assert np.sqrt(apart) == pytest.approx(1.6055082, rel=1e-7)


def strata(n_psu: list[int], population: list[float], mean_: list[float], squares: list[float]) -> Strata:
    counts = np.array(n_psu)
    zero = np.zeros(len(counts), dtype=int)
    return Strata(zero, counts, counts, np.array(population), np.array(mean_), np.array(squares))


def test_a_stratum_with_one_psu_is_merged_with_its_neighbour():
    # PSU totals 1 | 3, 5 | 7: merged to (1, 3, 5, 7), whose variance is 20/3; df 4 - 1.
    found = estimate_variance(strata([1, 2, 1], [np.nan] * 3, [1.0, 4.0, 7.0], [0.0, 2.0, 0.0]), 1)
    assert found.variance[0] == pytest.approx(4 / 3 * 20)
    assert (found.df[0], found.is_lonely[0]) == (3, True)


def test_one_psu_beside_a_census_deviates_from_the_mean_of_all():
    # The second stratum is complete and contributes nothing; totals 4 | 1, 1, of mean 2.
    found = estimate_variance(strata([1, 2], [np.nan, 2.0], [4.0, 1.0], [0.0, 0.0]), 1)
    assert found.variance[0] == pytest.approx(4)
    assert (found.is_lonely[0], found.is_census[0]) == (True, False)


def test_a_single_psu_has_no_degree_of_freedom_and_a_census_no_variance():
    alone = estimate_variance(strata([1], [np.nan], [0.0], [0.0]), 1)
    assert (alone.df[0], alone.is_lonely[0]) == (0, True)
    complete = estimate_variance(strata([3], [3.0], [1.0], [9.0]), 1)
    assert (complete.variance[0], complete.df[0], complete.is_lonely[0], complete.is_census[0]) == (0, 2, False, True)


def test_psus_outside_the_domain_stay_in_the_sample_as_zeros():
    totals = np.array([2.0, 4.0, 0.0, 0.0, 0.0])
    mean_, squares = with_absent(np.array([5]), np.array([2]), np.array([3.0]), np.array([2.0]))
    assert (mean_[0], squares[0]) == pytest.approx((totals.mean(), ((totals - totals.mean()) ** 2).sum()))


def test_rows_doubled_within_their_psus_and_weights_doubled_change_nothing():
    rng = np.random.default_rng(3)
    answers = rng.integers(1, 6, (40, 3)).astype(float)
    psu = np.arange(40) % 8
    v, zero = np.ones(3) / 3, np.zeros(40, dtype=int)
    for form in INDEX_FORMS:
        estimate, u = index(form, answers, v, np.ones(40))
        once = estimate_variance(stratum_of(zero, zero, psu, u), 1).variance[0]
        twice, u2 = index(form, np.vstack([answers, answers]), v, np.full(80, 2.0))
        both = np.concatenate([zero, zero])
        again = estimate_variance(stratum_of(both, both, np.concatenate([psu, psu]), u2), 1).variance[0]
        assert (twice, again) == pytest.approx((estimate, once), rel=1e-12)


def test_an_item_without_an_answer_leaves_and_a_form_unknown_is_refused():
    answers = np.array([[5, np.nan], [3, np.nan]])
    assert index("top2_weighted", answers, V, np.ones(2))[0] == pytest.approx(50)
    assert np.isnan(index("top2_weighted", np.full((2, 2), np.nan), V, np.ones(2))[0])
    with pytest.raises(ValueError, match="no index form"):
        index("median", answers, V, np.ones(2))
