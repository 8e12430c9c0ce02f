"""Check values of methods §4.5, comparisons with scipy and with the definitions, and invariants."""

import csv
import warnings
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf, norm

from methods.curves import half_time, kaplan_meier, loglog_limits
from methods.risk_sets import risk_sets
from methods.survival import turnaround

CHECK_VALUES = Path(__file__).resolve().parents[1] / "oracles" / "survival"
FINISHED, ENDED_OTHERWISE, CENSORED = "finished", "ended_otherwise", "censored"
# The entry of a dossier that is observed from the start.
START = -1
Exit = tuple[int, int, str]

observations = st.lists(
    st.tuples(st.integers(START, 6), st.integers(0, 12), st.sampled_from([FINISHED, ENDED_OTHERWISE, CENSORED])),
    min_size=1,
    max_size=25,
)


def exits(rows: Iterable[Exit], *, year: int = 2015, agency: str = "A") -> list[tuple[int, str, int, int, str, int]]:
    return [(year, agency, entry, exit_, kind, 1) for entry, exit_, kind in rows]


def table(rows: Iterable[tuple[int, str, int, int, str, int]]) -> pa.Table:
    names = ["year", "agency_id", "entry_days", "exit_days", "exit_kind", "n_dossiers"]
    types = [pa.int64(), pa.string(), pa.int64(), pa.int64(), pa.string(), pa.int64()]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table([pa.array(column, of) for column, of in zip(columns, types, strict=True)], names=names)


def estimate(rows: Iterable[Exit], tau: int = 60) -> tuple[dict, list[dict]]:
    summary, curve = turnaround(table(exits(rows)), 0.05, tau)
    return summary.to_pylist()[0], curve.to_pylist()


def curve_of(rows: Iterable[Exit]) -> list[dict]:
    return turnaround(table(exits(rows)), 0.05)[1].to_pylist()


def at(curve: list[dict], day: int, column: str) -> float:
    return [row[column] for row in curve if row["net_days"] <= day][-1]


def patients(name: str, time: str, kinds: dict[str, str]) -> list[Exit]:
    with (CHECK_VALUES / name).open() as file:
        return [(START, int(row[time]), kinds[row["exit_kind"]]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def lung():
    return patients("lung.csv", "days", {"death": FINISHED, "censored": CENSORED})


def test_six_dossiers_give_the_curve_of_the_methods_page():
    rows = [
        (START, 2, FINISHED),
        (START, 3, CENSORED),
        (START, 4, FINISHED),
        (START, 5, FINISHED),
        (START, 5, CENSORED),
        (START, 7, CENSORED),
    ]
    summary, curve = estimate(rows)
    assert [row["surv"] for row in curve] == pytest.approx(
        [0.8333333, 0.8333333, 0.625, 0.4166667, 0.4166667], rel=1e-6
    )
    assert [row["n_risk"] for row in curve] == [6, 5, 4, 3, 1]
    assert (summary["n"], summary["n_event"], summary["n_censored"], summary["median_days"]) == (6, 3, 3, 5)


def test_kaplan_meier_on_the_lung_data(lung):
    summary, curve = estimate(lung)
    assert at(curve, 180, "surv") == pytest.approx(0.72167065341, rel=1e-6)
    assert at(curve, 365, "surv") == pytest.approx(0.40924162446, rel=1e-6)
    assert (summary["median_days"], summary["median_lo"], summary["median_hi"]) == (310, 284, 361)


def test_standard_error_and_log_limits_on_the_lung_data(lung):
    time = np.array([exit_ for _, exit_, _ in lung])
    kind = np.array([0 if how == FINISHED else 2 for _, _, how in lung])
    none, one = np.zeros_like(time), np.ones_like(time)
    risk = risk_sets(none, none + START, time, kind, one)
    surv, greenwood = kaplan_meier(risk, risk.n_finished)
    day = np.flatnonzero(risk.time <= 180)[-1]
    assert surv[day] * np.sqrt(greenwood[day]) == pytest.approx(0.0298124194686, rel=1e-6)
    log_limits = [surv * np.exp(sign * norm.ppf(0.975) * np.sqrt(greenwood)) for sign in (-1, 1)]
    assert [half_time(risk, limit, 1)[0] for limit in log_limits] == [285, 363]


@pytest.mark.parametrize(
    ("tau", "mean", "se"), [(365, 263.221866482, 7.79885908631), (500, 310.334436722, 11.2460095988)]
)
def test_restricted_mean_on_the_lung_data(lung, tau, mean, se):
    summary, _ = estimate(lung, tau=tau)
    assert summary["rmst_tau_days"] == tau
    assert summary["rmst_days"] == pytest.approx(mean, rel=1e-6)
    assert summary["rmst_se"] == pytest.approx(se, rel=1e-6)


def test_cumulative_incidence_on_the_mgus2_data():
    kinds = {"progression": FINISHED, "death": ENDED_OTHERWISE, "censored": CENSORED}
    curve = curve_of(patients("mgus2.csv", "months", kinds))
    found = [at(curve, months, "cif_finished") for months in (12, 60, 120, 240)]
    assert found == pytest.approx([0.0094012593, 0.0341037130, 0.0637221680, 0.0998137159], rel=1e-6)
    assert 1 - at(curve, 240, "surv") == pytest.approx(0.2096, abs=5e-5)


@given(observations)
@settings(max_examples=60, deadline=None)
def test_without_delayed_entry_the_curve_equals_scipys(rows):
    curve = curve_of([(START, day, kind) for _, day, kind in rows])
    days = [day for _, day, kind in rows if kind == FINISHED]
    expected = ecdf(CensoredData(uncensored=days, right=[day for _, day, kind in rows if kind != FINISHED])).sf
    surv = [row["surv"] for row in curve]
    assert [row["net_days"] for row in curve] == list(expected.quantiles)
    assert surv == pytest.approx(list(expected.probabilities), abs=1e-12)
    with warnings.catch_warnings(action="ignore"):
        interval = expected.confidence_interval(0.95, method="log-log")
    for row, lower, upper in zip(curve, interval.low.probabilities, interval.high.probabilities, strict=True):
        if row["surv"] in (0, 1):
            assert (row["surv_lo"], row["surv_hi"]) == (None, None)
        else:
            assert (row["surv_lo"], row["surv_hi"]) == pytest.approx((lower, upper), abs=1e-9)


@given(observations)
@settings(max_examples=60, deadline=None)
def test_risk_sets_and_curve_follow_the_definition(rows):
    curve = curve_of(rows)
    observed = [row for row in rows if row[0] < row[1]]
    expected, surv = [], 1.0
    for day in sorted({exit_ for _, exit_, _ in observed}):
        n_risk = sum(entry < day <= exit_ for entry, exit_, _ in observed)
        n_event = sum(exit_ == day and kind == FINISHED for _, exit_, kind in observed)
        surv *= 1 - n_event / n_risk
        expected.append((day, n_risk, n_event, pytest.approx(surv, abs=1e-12)))
    assert [(row["net_days"], row["n_risk"], row["n_event"], row["surv"]) for row in curve] == expected


@given(observations)
@settings(max_examples=60, deadline=None)
def test_invariants_of_every_curve(rows):
    summary, curve = (part.to_pylist() for part in turnaround(table(exits(rows)), 0.05))
    surv = [1.0, *(row["surv"] for row in curve)]
    assert all(later <= earlier for earlier, later in pairwise(surv))
    # With every end an event, surv is the curve over all causes: 1 minus both incidences.
    all_causes = curve_of([(entry, day, FINISHED if kind != CENSORED else kind) for entry, day, kind in rows])
    for row, other in zip(curve, all_causes, strict=True):
        assert row["cif_finished"] + row["cif_ended_otherwise"] + other["surv"] == pytest.approx(1, abs=1e-12)
        assert row["surv_lo"] is None or row["surv_lo"] <= row["surv"] <= row["surv_hi"]
    for row in summary:
        assert row["n"] == row["n_event"] + row["n_censored"]
        assert 0 <= row["rmst_days"] <= row["rmst_tau_days"] + 1e-9


@given(st.lists(st.integers(0, 12), min_size=1, max_size=25), st.integers(0, 15))
@settings(max_examples=40, deadline=None)
def test_without_censoring_the_curve_is_the_share_still_open_and_the_mean_is_that_of_capped_days(days, tau):
    summary, curve = estimate([(START, day, FINISHED) for day in days], tau=tau)
    assert [row["surv"] for row in curve] == pytest.approx([np.mean(np.array(days) > row["net_days"]) for row in curve])
    assert summary["rmst_tau_days"] == tau
    assert summary["rmst_days"] == pytest.approx(np.mean(np.minimum(days, tau)))


@given(observations, observations, st.randoms())
@settings(max_examples=40, deadline=None)
def test_a_curve_depends_neither_on_row_order_nor_on_other_agencies_or_years(rows, others, random):
    own = exits(rows)
    mixed = [*own, *exits(others, agency="0"), *exits(others, year=2014), *exits(others, year=2016, agency="Z")]
    random.shuffle(mixed)
    _, alone = turnaround(table(own), 0.05)
    _, together = turnaround(table(mixed), 0.05)
    found = [row for row in together.to_pylist() if (row["year"], row["agency_id"]) == (2015, "A")]
    assert found == alone.to_pylist()


def test_a_row_with_a_count_equals_repeated_rows():
    once = exits([(START, 2, FINISHED), (START, 3, CENSORED), (1, 4, ENDED_OTHERWISE)])
    counted = turnaround(table([(*row[:-1], 3) for row in once]), 0.05)
    repeated = turnaround(table(once * 3), 0.05)
    assert [part.to_pylist() for part in counted] == [part.to_pylist() for part in repeated]


@pytest.mark.parametrize(
    ("days", "median"),
    [
        ([(2, FINISHED), (6, FINISHED)], 4),  # S is one half from 2 to 6
        ([(1, FINISHED), (2, FINISHED), (3, FINISHED), (4, FINISHED), (5, FINISHED), (9, FINISHED)], 3.5),
        ([(2, FINISHED), (6, CENSORED)], 2),  # one half to the end: no later step to take the midpoint with
        ([(2, FINISHED), (3, FINISHED), (3, FINISHED)], 3),
        ([(2, FINISHED), (3, CENSORED), (4, CENSORED)], None),
    ],
)
def test_edge_cases_of_the_median(days, median):
    summary, _ = estimate([(START, day, kind) for day, kind in days])
    assert summary["median_days"] == median


def test_no_limits_where_the_curve_is_0_or_1_and_no_median_limit_above_one_half():
    summary, curve = estimate([(START, 1, CENSORED), (START, 3, FINISHED)])
    assert [(row["surv"], row["surv_lo"], row["surv_hi"]) for row in curve] == [(1, None, None), (0, None, None)]
    assert (summary["median_days"], summary["median_lo"], summary["median_hi"]) == (3, None, None)


def test_log_log_limits_by_hand():
    lower, upper = loglog_limits(np.array([0.5]), np.array([0.04]), 0.05)
    reach = 1.959963984540054 * 0.2 / np.log(2)
    assert lower[0] == pytest.approx(0.5 ** np.exp(reach))
    assert upper[0] == pytest.approx(0.5 ** np.exp(-reach))


def test_a_delayed_entry_is_at_risk_from_the_day_after_it():
    # Carried over with age 0: at risk from day 1 on, so the one that ended on day 0 had been at risk before.
    rows = [(START, 0, FINISHED), (START, 5, FINISHED), (0, 5, FINISHED), (0, 0, FINISHED), (3, 5, FINISHED)]
    summary, curve = estimate([*rows, (5, 5, CENSORED)])
    assert [(row["net_days"], row["n_risk"], row["surv"]) for row in curve] == [(0, 2, 0.5), (5, 3, 0)]
    assert summary["n"] == 4


def many(n: int, day: int, kind: str, agency: str) -> tuple[int, str, int, int, str, int]:
    return (2015, agency, START, day, kind, n)


def test_tau_is_the_shortest_follow_up_of_the_agencies_compared():
    rows = [
        many(100, 30, CENSORED, "A"),
        many(200, 45, CENSORED, "B"),
        many(200, 3, FINISHED, "C"),  # its curve is 0 from day 3 on: fully observed
        many(99, 1, CENSORED, "D"),  # too few dossiers to shorten tau
    ]
    summary, _ = turnaround(table(rows), 0.05)
    found = {row["agency_id"]: (row["rmst_tau_days"], row["rmst_days"], row["rmst_se"]) for row in summary.to_pylist()}
    assert found == {"A": (30, 30, 0), "B": (30, 30, 0), "C": (30, 3, 0), "D": (30, None, None)}


def test_an_agency_with_nearly_all_dossiers_done_does_not_shorten_tau():
    # From day 3 on 1 of 100 is left: 3 + 57 x 0.01. Its variance: 57 x 0.01 squared, times 99/(100 x 1).
    nearly = [many(99, 3, FINISHED, "A"), many(1, 5, CENSORED, "A")]
    (alone,), _ = (part.to_pylist() for part in turnaround(table(nearly), 0.05))
    assert (alone["rmst_tau_days"], alone["rmst_days"]) == (60, pytest.approx(3.57))
    assert alone["rmst_se"] == pytest.approx(0.57 * 0.99**0.5)
    # B has 2 of 100 left on day 40, which is its follow-up. Means: B 2 + 38 x 0.02, A 3 + 37 x 0.01.
    left = [many(98, 2, FINISHED, "B"), many(2, 40, CENSORED, "B")]
    summary, curve = (part.to_pylist() for part in turnaround(table([*nearly, *left]), 0.05))
    assert [row["rmst_tau_days"] for row in summary] == [40, 40]
    assert [row["rmst_days"] for row in summary] == pytest.approx([3.37, 2.76])
    assert [row["net_days"] for row in curve] == [3, 5, 2, 40]


def test_a_small_agency_has_a_mean_only_when_its_curve_reaches_tau_or_is_done():
    rows = [
        many(100, 60, CENSORED, "A"),
        *[many(42, 4, FINISHED, "B"), many(1, 9, CENSORED, "B")],  # 1 of 43 is more than 1 %
        many(43, 4, FINISHED, "C"),
    ]
    summary, _ = turnaround(table(rows), 0.05)
    names = ("rmst_tau_days", "rmst_days", "rmst_se", "median_days")
    found = [tuple(row[name] for name in names) for row in summary.to_pylist()]
    assert found == [(60, 60, 0, None), (60, None, None, 4), (60, 4, 0, 4)]


def test_tau_is_set_per_year_with_a_maximum_and_small_agencies_count_when_there_are_only_small_ones():
    rows = [many(100, 200, CENSORED, "A"), (2016, "A", 0, 9, CENSORED, 3), (2016, "B", 0, 7, CENSORED, 2)]
    summary, _ = turnaround(table(rows), 0.05)
    assert [(row["year"], row["rmst_tau_days"]) for row in summary.to_pylist()] == [(2015, 60), (2016, 7), (2016, 7)]


def test_empty_input_gives_two_empty_tables_of_the_same_types():
    schemas = [part.schema for part in turnaround(table(exits([(START, 3, FINISHED)])), 0.05)]
    for rows in ([], exits([(4, 4, CENSORED)]), [(2015, "A", 0, 3, FINISHED, 0)]):
        found = turnaround(table(rows), 0.05)
        assert [(part.num_rows, part.schema) for part in found] == [(0, schema) for schema in schemas]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((START, 3, "lost"), "exit_kind"),
        ((-2, 3, FINISHED), "below -1"),
        ((START, -1, FINISHED), "below 0"),
        ((START, None, FINISHED), "NULL"),
    ],
)
def test_invalid_exits_raise(row, reason):
    with pytest.raises(ValueError, match=reason):
        turnaround(table(exits([row])), 0.05)
