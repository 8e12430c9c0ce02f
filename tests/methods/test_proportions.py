"""Check values of methods §3.3, computed with R by the authors of methods.md."""

import numpy as np
import pyarrow as pa
import pytest

from methods.proportions import on_time_interval, wilson_interval


@pytest.mark.parametrize(
    ("x", "n", "lower", "upper"),
    [(81, 263, 0.255288519878, 0.366209576982), (0, 10, 0.0, 0.277532799863)],
)
def test_wilson_interval_gives_the_published_values(x, n, lower, upper):
    found = wilson_interval(np.array([x]), np.array([n]), 0.05)
    assert found[0][0] == pytest.approx(lower, rel=1e-6)
    assert found[1][0] == pytest.approx(upper, rel=1e-6)


def test_more_successes_than_trials_raise():
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson_interval(np.array([11]), np.array([10]), 0.05)


def test_an_empty_cohort_has_no_interval_and_periods_keep_their_keys():
    counted = pa.table(
        {
            "period_kind": ["month", "year"],
            "period_key": ["2015-01", "2015"],
            "agency_id": ["A", "B"],
            "n_due_on_time": [0, 81],
            "n_due_cohort": [0, 263],
        }
    )
    found = on_time_interval(counted, 0.05).to_pylist()
    assert found[0] == {
        "period_kind": "month", "period_key": "2015-01", "agency_id": "A", "ci_lo": None, "ci_hi": None,
    }  # fmt: skip
    assert (found[1]["period_kind"], found[1]["period_key"], found[1]["agency_id"]) == ("year", "2015", "B")
    assert found[1]["ci_lo"] == pytest.approx(25.5288519878, rel=1e-6)
    assert found[1]["ci_hi"] == pytest.approx(36.6209576982, rel=1e-6)
