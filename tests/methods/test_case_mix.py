"""Check values of methods §4.6, three agencies worked by hand, and invariants."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.case_mix import byar_limits, garwood_limits, observed_expected

NAMES = ["year", "agency_id", "cchc_group", "procedure_code", "n_due_cohort", "n_late"]
TYPES = [pa.int64(), pa.string(), pa.string(), pa.string(), pa.int64(), pa.int64()]


def cells(*rows: tuple[int, str, str, int, int]) -> pa.Table:
    """Returns cells of agencies that are all in one group."""
    return cells_of_groups(*((year, agency, "so", *others) for year, agency, *others in rows))


def cells_of_groups(*rows: tuple[int, str, str | None, str, int, int]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(NAMES)
    return pa.table([pa.array(column, of) for column, of in zip(columns, TYPES, strict=True)], names=NAMES)


def by_agency(table: pa.Table) -> dict[str, dict]:
    return {row["agency_id"]: row for row in observed_expected(table, 0.05).to_pylist()}


def test_ten_late_where_eight_are_expected():
    observed = np.array([10])
    assert [limit[0] / 8 for limit in byar_limits(observed, 0.05)] == pytest.approx(
        [0.5984312392, 2.298932326], rel=1e-6
    )
    assert [limit[0] / 8 for limit in garwood_limits(observed, 0.05)] == pytest.approx(
        [0.599423587, 2.298794505], rel=1e-6
    )


@pytest.mark.parametrize("limits", [byar_limits, garwood_limits])
def test_the_lower_limit_of_zero_observed_is_0(limits):
    assert limits(np.array([0]), 0.05)[0][0] == 0


def test_the_exact_upper_limit_of_zero_observed_is_minus_the_log_of_half_alpha():
    assert garwood_limits(np.array([0]), 0.05)[1][0] == pytest.approx(-np.log(0.025))


def test_three_agencies_by_hand():
    # Late over all agencies: P 16 of 160, Q 8 of 80; only C has S. A does not have Q, so P alone is common.
    found = by_agency(
        cells(
            (2015, "A", "P", 80, 10),
            (2015, "B", "P", 40, 2),
            (2015, "B", "Q", 60, 7),
            (2015, "C", "P", 40, 4),
            (2015, "C", "Q", 20, 1),
            (2015, "C", "S", 40, 30),
        )
    )
    assert found["A"] == {
        "year": 2015,
        "agency_id": "A",
        "n_observed_late": 10,
        "n_expected_late": 8.0,
        "oe_ratio": 1.25,
        "oe_lo": pytest.approx(0.5984312392, rel=1e-6),
        "oe_hi": pytest.approx(2.298932326, rel=1e-6),
        "single_agency_pct": 0.0,
        "common_on_time_pct": 87.5,
    }
    assert (found["B"]["n_observed_late"], found["B"]["n_expected_late"], found["B"]["oe_ratio"]) == (9, 10.0, 0.9)
    assert (found["B"]["single_agency_pct"], found["B"]["common_on_time_pct"]) == (0.0, 95.0)
    assert (found["C"]["n_observed_late"], found["C"]["n_expected_late"]) == (5, 6.0)
    assert (found["C"]["single_agency_pct"], found["C"]["common_on_time_pct"]) == (40.0, 90.0)


def test_limits_are_exact_below_five_observed():
    table = cells((2015, "A", "P", 40, 4), (2015, "B", "P", 60, 6), (2015, "C", "P", 50, 5))
    found = by_agency(table)
    # Published tables give exact Poisson limits of 1.0899 and 10.2416 for 4 observed; 4 are expected.
    assert (found["A"]["oe_lo"] * 4, found["A"]["oe_hi"] * 4) == pytest.approx((1.0899, 10.2416), abs=5e-5)
    assert found["C"]["oe_lo"] * 5 == pytest.approx(byar_limits(np.array([5]), 0.05)[0][0])


def test_without_late_dossiers_there_is_no_ratio():
    found = by_agency(cells((2015, "A", "P", 40, 0), (2015, "B", "P", 60, 0)))
    assert [found["A"][name] for name in ("n_expected_late", "oe_ratio", "oe_lo", "oe_hi")] == [0.0, None, None, None]


def test_zero_observed_of_some_expected_has_ratio_0_and_an_upper_limit():
    found = by_agency(cells((2015, "A", "P", 50, 0), (2015, "B", "P", 50, 4)))
    assert (found["A"]["oe_ratio"], found["A"]["oe_lo"]) == (0.0, 0.0)
    assert found["A"]["oe_hi"] == pytest.approx(-np.log(0.025) / 2)


def test_an_agency_with_only_its_own_procedures_has_no_comparison():
    found = by_agency(cells((2015, "A", "P", 40, 9), (2015, "B", "Q", 60, 6), (2015, "C", "Q", 40, 4)))
    assert found["A"] == {
        "year": 2015,
        "agency_id": "A",
        "n_observed_late": 0,
        "n_expected_late": 0.0,
        "oe_ratio": None,
        "oe_lo": None,
        "oe_hi": None,
        "single_agency_pct": 100.0,
        "common_on_time_pct": None,
    }
    assert found["B"]["common_on_time_pct"] is None


def test_a_single_agency_has_no_common_procedures():
    assert by_agency(cells((2015, "A", "P", 40, 9)))["A"]["common_on_time_pct"] is None


def common(table: pa.Table) -> dict[tuple[int, str], float | None]:
    found = observed_expected(table, 0.05).to_pylist()
    return {(row["year"], row["agency_id"]): row["common_on_time_pct"] for row in found}


def test_common_procedures_are_those_of_every_agency_in_the_group():
    # Districts D and E both have P and Q, only D has R: 45 + 20 of 50 + 25, and 18 + 3 of 20 + 5. S and T share no
    # procedure. U and V have no group, and W is the only agency of its group.
    found = common(
        cells_of_groups(
            (2015, "D", "huyen", "P", 50, 5),
            (2015, "D", "huyen", "Q", 25, 5),
            (2015, "D", "huyen", "R", 10, 9),
            (2015, "E", "huyen", "P", 20, 2),
            (2015, "E", "huyen", "Q", 5, 2),
            (2015, "S", "so", "P", 10, 1),
            (2015, "T", "so", "S", 10, 1),
            (2015, "U", None, "P", 10, 1),
            (2015, "V", None, "P", 10, 1),
            (2015, "W", "dvsn", "P", 10, 1),
        )
    )
    districts = {(2015, "D"): pytest.approx(100 * 65 / 75), (2015, "E"): pytest.approx(84)}
    assert found == districts | {(2015, agency): None for agency in "STUVW"}


def test_only_agencies_with_dossiers_due_in_the_year_must_have_the_procedure():
    found = common(
        cells_of_groups(
            (2014, "D", "huyen", "P", 10, 1),
            (2014, "E", "huyen", "P", 10, 2),
            (2014, "F", "huyen", "Q", 10, 2),
            (2015, "D", "huyen", "P", 10, 3),
            (2015, "E", "huyen", "P", 10, 4),
            (2015, "F", "huyen", "Q", 0, 0),
        )
    )
    assert found == {(2014, "D"): None, (2014, "E"): None, (2014, "F"): None, (2015, "D"): 70, (2015, "E"): 60}


def test_groups_change_only_the_common_rate():
    rows = [(2015, "A", "P", 80, 10), (2015, "B", "P", 40, 2), (2015, "B", "Q", 60, 7), (2015, "C", "Q", 20, 1)]
    together = observed_expected(cells(*rows), 0.05)
    apart = observed_expected(cells_of_groups(*((year, one, one, *rest) for year, one, *rest in rows)), 0.05)
    assert together.drop_columns("common_on_time_pct").equals(apart.drop_columns("common_on_time_pct"))


def test_an_agency_with_two_groups_in_one_year_raises():
    table = cells_of_groups((2015, "A", "so", "P", 3, 1), (2015, "A", "huyen", "Q", 3, 1))
    with pytest.raises(ValueError, match="one cchc_group"):
        observed_expected(table, 0.05)


def test_a_procedure_without_dossiers_due_is_ignored():
    found = by_agency(cells((2015, "A", "P", 40, 9), (2015, "B", "P", 0, 0), (2015, "C", "Q", 5, 0)))
    assert sorted(found) == ["A", "C"]
    assert found["A"]["single_agency_pct"] == 100.0


def test_years_are_computed_separately():
    table = cells((2014, "A", "P", 10, 1), (2014, "B", "P", 10, 3), (2015, "A", "P", 10, 5), (2015, "B", "P", 10, 5))
    expected = [row["n_expected_late"] for row in observed_expected(table, 0.05).to_pylist()]
    assert expected == [2.0, 2.0, 5.0, 5.0]


def test_more_late_than_due_raises():
    with pytest.raises(ValueError, match="between 0 and n_due_cohort"):
        observed_expected(cells((2015, "A", "P", 3, 4)), 0.05)


def test_empty_input_gives_an_empty_table_of_the_same_types():
    found = observed_expected(cells(), 0.05)
    assert found.num_rows == 0
    assert found.schema == observed_expected(cells((2015, "A", "P", 3, 1)), 0.05).schema


@given(
    st.dictionaries(
        st.tuples(st.integers(2014, 2015), st.sampled_from("ABCD"), st.sampled_from("PQR")),
        st.integers(0, 30).flatmap(lambda due: st.tuples(st.just(due), st.integers(0, due))),
        max_size=20,
    ),
    st.randoms(),
)
@settings(max_examples=60, deadline=None)
def test_total_expected_equals_total_observed_in_any_order_of_rows(counted, random):
    rows = [(*key, *value) for key, value in counted.items()]
    found = observed_expected(cells(*rows), 0.05)
    expected, observed = (found[name].to_numpy() for name in ("n_expected_late", "n_observed_late"))
    assert expected.sum() == pytest.approx(observed.sum())
    random.shuffle(rows)
    assert observed_expected(cells(*rows), 0.05).equals(found)
