"""Check values of methods §4.7, edge cases, and invariants."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.funnel import exact_limit, funnel

FIVE = [(95, 100), (180, 200), (48, 50), (410, 500), (19, 20)]
LIMITS = ["lim95_lo", "lim95_hi", "lim998_lo", "lim998_hi"]


def units(counts: list[tuple[int, int]], year: int = 2015) -> pa.Table:
    return pa.table(
        {
            "year": pa.array([year] * len(counts), pa.int64()),
            "agency_id": pa.array([f"U{n}" for n in range(len(counts))], pa.string()),
            "n_due_on_time": pa.array([on_time for on_time, _ in counts], pa.int64()),
            "n_due_cohort": pa.array([n for _, n in counts], pa.int64()),
        }
    )


def test_the_exact_limits_of_methods():
    n, theta = np.array([20]), np.array([0.9])
    assert exact_limit(0.025, n, theta)[0] == pytest.approx(0.7215323930, rel=1e-6)
    assert exact_limit(0.975, n, theta)[0] == pytest.approx(0.9897184208, rel=1e-6)


def test_the_five_agencies_of_methods():
    found = funnel(units(FIVE)).to_pylist()
    assert [row["target_pct"] for row in found] == pytest.approx([86.43678161] * 5, rel=1e-6)
    assert [row["phi"] for row in found] == pytest.approx([3.9188354992] * 5, rel=1e-6)
    assert [row["tau2"] for row in found] == pytest.approx([0.0074707789] * 5, rel=1e-6)
    assert [row["z_adj"] for row in found] == pytest.approx(
        [1.5186992, 0.5933571, 1.5742741, -0.6831126, 1.0730965], rel=1e-6
    )
    assert {row["flags"] for row in found} == {None}


def test_z_by_hand():
    # asin sqrt(1/2) - asin sqrt(1/4) = pi/4 - pi/6, n = 36: 12 times pi/12.
    found = funnel(units([(18, 36), (0, 36)])).to_pylist()
    assert found[0]["target_pct"] == 25
    assert found[0]["z"] == pytest.approx(np.pi)


def test_overdispersion_needs_five_agencies():
    found = funnel(units([*FIVE[:4], (0, 0)])).to_pylist()
    assert {row["flags"] for row in found} == {"too_few_units"}
    assert {(row["phi"], row["tau2"], row["z_adj"]) for row in found} == {(None, None, None)}
    assert found[0]["z"] is not None


def test_tau2_is_0_when_the_spread_is_no_more_than_chance():
    found = funnel(units([(90, 100), (91, 100), (89, 100), (90, 100), (90, 100)])).to_pylist()
    assert found[0]["tau2"] == 0
    assert [row["z_adj"] for row in found] == pytest.approx([row["z"] for row in found])


@pytest.mark.parametrize(("on_time", "target"), [(0, 0), (1, 100)])
def test_limits_equal_the_target_when_all_or_none_are_on_time(on_time, target):
    found = funnel(units([(on_time * n, n) for n in (3, 5, 8, 13, 21)])).to_pylist()
    assert {row[name] for row in found for name in ["target_pct", *LIMITS]} == {target}
    assert {row[name] for row in found for name in ["z", "z_adj", "phi", "tau2", "flags"]} == {None}


def test_an_agency_without_dossiers_due_has_only_the_target():
    found = funnel(units([*FIVE, (0, 0)])).to_pylist()
    assert found[5]["target_pct"] == pytest.approx(86.43678161, rel=1e-6)
    assert [found[5][name] for name in [*LIMITS, "z", "z_adj"]] == [None] * 6
    assert found[0]["phi"] == pytest.approx(3.9188354992, rel=1e-6)


def test_a_year_without_dossiers_due_has_no_target():
    found = funnel(units([(0, 0)])).to_pylist()
    assert [found[0][name] for name in ["target_pct", *LIMITS, "z"]] == [None] * 6


def test_years_are_computed_separately():
    both = pa.concat_tables([units([(9, 10)] * 5, 2014), units(FIVE)])
    assert funnel(both).slice(5).equals(funnel(units(FIVE)))


def test_more_on_time_than_due_raises():
    with pytest.raises(ValueError, match="between 0 and n_due_cohort"):
        funnel(units([(4, 3)]))


def test_empty_input_gives_an_empty_table_of_the_same_types():
    found = funnel(units([]))
    assert found.num_rows == 0
    assert found.schema == funnel(units(FIVE)).schema


counts = st.lists(
    st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=12
)


@given(counts)
@settings(max_examples=60, deadline=None)
def test_limits_enclose_the_target_and_wide_limits_enclose_narrow_ones(counted):
    for row in funnel(units(counted)).to_pylist():
        if row["lim95_lo"] is not None:
            ladder = [0, row["lim998_lo"], row["lim95_lo"], row["target_pct"], row["lim95_hi"], row["lim998_hi"], 100]
            assert all(lower <= upper + 1e-9 for lower, upper in pairwise(ladder))
        if row["z_adj"] is not None:
            assert abs(row["z_adj"]) <= abs(row["z"]) + 1e-9


@given(counts, st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter(counted, random):
    found = {row["agency_id"]: row for row in funnel(units(counted)).to_pylist()}
    order = random.sample(range(len(counted)), len(counted))
    shuffled = {row["agency_id"]: row for row in funnel(units(counted).take(order)).to_pylist()}
    for agency, row in found.items():
        assert shuffled[agency] == {
            name: pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value
            for name, value in row.items()
        }
