"""What the composite does where there is little to go by: by hand."""

import time

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binomtest, kendalltau

from methods.composite.adjusted import adjust, components
from methods.composite.contests import bradley_terry, copeland
from methods.composite.pairs import compare_pairs
from methods.composite.rules import bounds, common_only, hierarchical, impute_all, official, zero_fill
from methods.composite.scores import Scores, scores_of
from methods.composite.self_assessment import gaps, rank_agreement, self_assessment
from methods.composite.weights import box, dirichlet, importance, leave_one_out, one_at_a_time

NA = np.nan


def test_pending_points_leave_no_index_but_bounds():
    # 6 of 10 known, 6 pending, 4 excluded; the other has all of 20. The known cell stays in the mean of the others.
    scores = scores_of(
        [10, 6, 4], [[0.6, NA, NA], [0.8, 0.5, 1], [NA, 0.5, 1]], applies=[[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    )
    for rule in (official, hierarchical, zero_fill, copeland):
        assert np.isnan(rule(scores)[0])
    lower, upper = bounds(scores)
    assert (lower[0], upper[0]) == (30, 80)
    # The mean of the first criterion is (0.6 + 0.8) / 2: 7 + 3 + 4 of 20.
    assert impute_all(scores)[2] == pytest.approx(70)
    assert np.isnan(adjust(scores).adjusted[0])


def test_a_unit_to_which_nothing_applies_is_nowhere():
    scores = scores_of([10, 10], [[NA, NA], [0.5, 1], [1, 0.5]])
    assert np.isnan(bounds(scores)[0][0])
    assert np.isnan(official(scores)[0])
    assert common_only(scores)[1:] == pytest.approx([75, 75])
    assert adjust(scores).component.tolist() == [-1, 0, 0]
    assert adjust(scores).adjusted[1:] == pytest.approx([75, 75])


def test_units_without_a_common_criterion_are_not_compared():
    scores = scores_of([10, 10, 10, 10], [[0.5, 1, NA, NA], [1, 1, NA, NA], [NA, NA, 0, 1]])
    assert components(scores).tolist() == [0, 0, 1]
    fit = adjust(scores)
    assert not fit.is_estimable
    assert np.isnan(fit.adjusted).all()
    assert np.isnan(common_only(scores)).all()
    assert copeland(scores).tolist() == [-1, 1, 0]
    assert bradley_terry(scores) is None
    pairs = compare_pairs(scores, np.array([0, 2]))
    assert pairs.n_common.tolist() == [0, 0]
    assert np.isnan(pairs.diff_points).all()


def test_one_unit_alone_is_first_whatever_the_weights():
    scores = scores_of([10, 5], [[0.5, NA]])
    family = np.zeros(1, dtype=np.int64)
    assert adjust(scores).adjusted.tolist() == [50]
    assert bradley_terry(scores).tolist() == [0]
    assert copeland(scores).tolist() == [0]
    for spread in (box(scores, family), one_at_a_time(scores, family), dirichlet(scores, family, 50, draws=50)):
        assert (spread.best.tolist(), spread.worst.tolist()) == ([1], [1])
    # Without its only criterion the unit is in no variant of leaving that one out, and in the other one.
    assert leave_one_out(scores, family).worst.tolist() == [1]


def test_no_unit_at_all():
    scores = scores_of([10.0], np.empty((0, 1)))
    assert official(scores).shape == adjust(scores).adjusted.shape == (0,)
    assert bradley_terry(scores).shape == (0,)
    assert dirichlet(scores, np.zeros(0, dtype=np.int64), 50, draws=10).best.shape == (0,)


def test_a_rare_criterion_is_as_difficult_as_its_area():
    # Area 0: difficulty of criteria 1 and 2 from four units; criterion 3 has two units only, and area 1 no other.
    share = [[0.8, 0.6, 0.1, NA], [0.9, 0.7, NA, 0.9], [0.7, 0.5, NA, NA], [0.6, 0.4, 0.9, NA]]
    scores = scores_of([10, 30, 10, 10], share, area=[0, 0, 0, 1])
    fit = adjust(scores)
    assert fit.difficulty[2] == pytest.approx((10 * fit.difficulty[0] + 30 * fit.difficulty[1]) / 40)
    assert fit.difficulty[3] == pytest.approx((10 * fit.difficulty[0] + 30 * fit.difficulty[1]) / 40)
    assert fit.offset_points == pytest.approx(np.zeros(4), abs=1e-9)


def test_a_unit_that_wins_everything_has_no_finite_ability():
    assert bradley_terry(scores_of([1, 1], [[1, 1], [0.5, 0.5], [0.4, 0.6]])) is None


def test_two_units_in_a_bradley_terry_contest():
    # 3 wins against 1: the ratio of the abilities is 3.
    logs = bradley_terry(scores_of([1, 5, 1, 1], [[1, 1, 1, 0], [0, 0, 0, 1]]))
    assert logs == pytest.approx([np.log(3) / 2, -np.log(3) / 2])


def test_bonus_points_count_in_the_ranks_of_the_official_rule_only():
    scores = scores_of([10, 10], [[0.5, 0.7], [0.6, 0.7]], beside_points=[8, 0])
    spread = dirichlet(scores, np.zeros(2, dtype=np.int64), 200, draws=500)
    assert spread.p50.tolist() == [1, 2]
    assert copeland(scores).tolist() == [-1, 1]


def test_a_family_is_ranked_by_itself():
    scores = scores_of([10], [[0.9], [0.8], [0.7], [0.6]])
    spread = one_at_a_time(scores, np.array([0, 1, 0, -1]))
    assert (spread.best.tolist(), spread.worst.tolist()) == ([1, 1, 2, 0], [1, 1, 2, 0])


def test_importance_is_the_squared_correlation_with_the_index():
    generator = np.random.default_rng(3)
    share = generator.uniform(0, 1, (30, 3))
    share[:, 2] = 0.5
    found = importance(scores_of([5, 3, 2], share))
    index = share @ [5, 3, 2]
    expected = [np.corrcoef(share[:, column], index)[0, 1] ** 2 for column in (0, 1)]
    assert found[:2] == pytest.approx(expected)
    assert np.isnan(found[2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": [0.0]}, "maximum"),
        ({"applies": [[False]]}, "excluded"),
        ({"group": [0, 1]}, "groups"),
    ],
)
def test_scores_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        scores_of(**{"weight": [1.0], "share": [[0.5]], **change})


def test_gaps_by_hand():
    # Unit 0: 5, 4, 2 of 5 self-given, 4, 4, 3 appraised; unit 1 nothing.
    unit, maximum = np.zeros(3, dtype=np.int64), np.full(3, 5.0)
    found = gaps(unit, 2, maximum, np.array([5.0, 4, 2]), np.array([4.0, 4, 3]), 0.05)
    assert (found.n.tolist(), found.n_over.tolist(), found.n_under.tolist()) == ([3, 0], [1, 0], [1, 0])
    assert found.self_pct[0] == pytest.approx(1100 / 15)
    assert (found.gross_over_points[0], found.gross_under_points[0]) == pytest.approx((100 / 15, 100 / 15))
    assert found.p_sign[0] == pytest.approx(binomtest(1, 2).pvalue)
    # Per cent 100, 80, 40 and 80, 80, 60: the differences 20, 0 and -20 have mean 0 and SD 20.
    x, y = np.array([100.0, 80, 40]), np.array([80.0, 80, 60])
    assert (found.limit_lo[0], found.limit_hi[0]) == pytest.approx((-39.2, 39.2))
    assert found.concordance[0] == pytest.approx(2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var()))
    assert np.isnan([found.self_pct[1], found.p_sign[1], found.concordance[1]]).all()


def test_agreement_of_two_orders():
    own, appraised = np.array([90.0, 80, 80, NA]), np.array([85.0, 70, 75, 60])
    assert rank_agreement(own, appraised) == pytest.approx(kendalltau(own[:3], appraised[:3]).statistic)
    assert np.isnan(rank_agreement(own[:1], appraised[:1]))


def big(n_units: int, n_criteria: int) -> Scores:
    generator = np.random.default_rng(0)
    share = np.round(4 * generator.uniform(0, 1, (n_units, n_criteria))) / 4
    share[generator.uniform(size=share.shape) < 0.1] = np.nan
    return scores_of(generator.choice([1.0, 2, 3], n_criteria), share, area=np.arange(n_criteria) % 8)


@pytest.mark.parametrize(
    ("n_units", "n_criteria", "draws", "seconds"), [(150, 60, 10_000, 15), (3321, 40, 1000, 60)], ids=["150", "3321"]
)
def test_large_families_are_computed_in_time(n_units, n_criteria, draws, seconds):
    scores, family = big(n_units, n_criteria), np.zeros(n_units, dtype=np.int64)
    started = time.process_time()
    for kappa in (50, 200):
        dirichlet(scores, family, kappa, draws=draws)
    for variant in (one_at_a_time, leave_one_out, box):
        variant(scores, family)
    adjust(scores)
    copeland(scores)
    bradley_terry(scores)
    used = time.process_time() - started
    print(f"{used:.1f} s of CPU")
    assert used < seconds


def test_the_gap_of_agencies_and_years():
    names = ["year", "agency_id", "cchc_group", "criterion_code", "max_points", "self_points", "appraised_points"]
    rows = [
        (2015, "B", "so", "1", 10, 10, 8),
        (2015, "A", "so", "1", 10, 9, 9),
        (2015, "A", "so", "2", 10, 6, 8),
        (2014, "A", "so", "1", 10, 5, 5),
        (2015, "C", "so", "1", 10, 8, 7),
    ]
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    found = {(row["year"], row["agency_id"]): row for row in self_assessment(table, 0.05).to_pylist()}
    assert len(found) == 4
    a = found[2015, "A"]
    assert (a["self_pct"], a["appraised_pct"], a["inflation_points"]) == pytest.approx((75, 85, -10))
    assert (a["n_criteria"], a["n_over"], a["n_under"], a["p_sign"]) == (2, 0, 1, 1)
    # Self 75, 100, 80 against 85, 80, 70: of three pairs one agrees and two do not.
    assert a["group_tau_b"] == pytest.approx(-1 / 3)
    assert found[2014, "A"]["group_tau_b"] is found[2014, "A"]["limit_lo"] is None
    empty = pa.schema([pa.field(name, table.schema.field(name).type) for name in names]).empty_table()
    assert self_assessment(empty, 0.05).num_rows == 0
