"""The tables of the satisfaction survey: families of ranks, means, changes and statuses, worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest

from methods.survey_changes import survey_changes, survey_means
from methods.survey_precision import survey_precision
from methods.survey_quality import survey_quality
from methods.survey_ranks import survey_ranks

POLICY = {
    "year": 2025,
    "alpha": 0.05,
    "n_min_publish": 10,
    "n_min_rank": 30,
    "n_eff_min": 30.0,
    "kg_width_max": 0.3,
    "kg_rel_max": 1.3,
    "df_min": 8,
    "moderated_d0": 4.0,
    "n_min_shrink": 3,
    "top_k": 1,
    "holm_max_units": 200,
    "mean_basis": "agency_mean",
}
SCORES = {"A": (90.0, 1.0), "B": (86.0, 1.5), "C": (85.0, 1.0), "D": (84.0, 2.0), "E": (75.0, 2.0)}


def policies(**other: Any) -> pa.Table:
    return pa.Table.from_pylist([{**POLICY, **other}, {**POLICY, "year": 2024, **other}])


def units(**blocks: tuple[str | None, str | None]) -> pa.Table:
    """The five units of methods §3.5, each in the block and district given for it, else in block so."""
    rows = []
    for name, (score, se) in SCORES.items():
        block, district = blocks.get(name, ("so", None))
        rows.append(
            {
                "year": 2025,
                "agency_id": name,
                "population": "agencies",
                "block_code": block,
                "district_code": district,
                "index_form": "top2_weighted",
                "estimate_pct": score,
                "se": se,
                "df": 1000.0,
                "may_be_ranked": True,
            }
        )
    schema = pa.schema(
        [
            ("year", pa.int32()),
            *((n, pa.string()) for n in ("agency_id", "population", "block_code", "district_code", "index_form")),
            *((n, pa.float64()) for n in ("estimate_pct", "se", "df")),
            ("may_be_ranked", pa.bool_()),
        ]
    )
    return pa.Table.from_pylist(rows, schema)


def by_agency(table: pa.Table) -> dict[str, dict[str, Any]]:
    return {row["agency_id"]: row for row in table.to_pylist()}


def test_the_five_units_of_methods_as_a_table():
    found = by_agency(survey_ranks(units(), policies()))
    assert {name: (row["rank_lo"], row["rank_hi"]) for name, row in found.items()} == {
        "A": (1, 2),
        "B": (1, 4),
        "C": (2, 4),
        "D": (2, 4),
        "E": (5, 5),
    }
    assert [row["is_possible_top_k"] for row in found.values()] == [True, True, False, False, False]
    assert {row["rank_family"] for row in found.values()} == {"population"}
    assert found["E"]["estimate_eb_pct"] == pytest.approx(76.5027515, rel=1e-6)


def test_a_population_too_large_is_ranked_inside_its_blocks_or_their_districts():
    blocks = {"A": ("so", None), "B": ("so", None), "C": ("huyen", None), "D": ("huyen", None), "E": ("huyen", None)}
    found = by_agency(survey_ranks(units(**blocks), policies(holm_max_units=3)))
    assert {row["rank_family"] for row in found.values()} == {"block"}
    assert (found["E"]["rank_lo"], found["E"]["rank_hi"]) == (3, 3)
    places = {"A": (None, "568"), "B": (None, "568"), "C": (None, "569"), "D": (None, "569"), "E": (None, "569")}
    found = by_agency(survey_ranks(units(**places), policies(holm_max_units=3)))
    assert {row["rank_family"] for row in found.values()} == {"district"}
    with pytest.raises(ValueError, match="holm_max_units"):
        survey_ranks(units(), policies(holm_max_units=3))


def test_only_units_that_may_be_ranked_have_sets_and_small_blocks_are_not_shrunk():
    table = units(A=("nhnn", None))
    position = table.column_names.index("may_be_ranked")
    table = table.set_column(position, "may_be_ranked", pa.array([True, True, True, True, False]))
    found = by_agency(survey_ranks(table, policies()))
    assert (found["E"]["rank_lo"], found["E"]["rank_family"], found["E"]["tier"]) == (None, None, None)
    assert found["D"]["rank_hi"] == 4
    assert (found["A"]["estimate_eb_pct"], found["A"]["is_too_few_to_shrink"]) == (None, True)
    assert found["E"]["estimate_eb_pct"] is not None


def precision(*rows: tuple[int, str, float, float | None, float | None]) -> pa.Table:
    names = ("year", "agency_id", "estimate_pct", "se", "df")
    table = [{**dict(zip(names, row, strict=True)), "index_form": "f"} for row in rows]
    types = [pa.int32(), pa.string(), pa.float64(), pa.float64(), pa.float64(), pa.string()]
    return pa.Table.from_pylist(table, pa.schema(list(zip((*names, "index_form"), types, strict=True))))


def test_a_change_is_tested_against_the_agency_of_the_year_before():
    compared = pa.table(
        {
            "year": pa.array([2025, 2025], pa.int32()),
            "agency_id": ["NEW", "B"],
            "population": ["agencies"] * 2,
            "index_form": ["f"] * 2,
            "previous_agency_id": ["OLD", "B"],
        }
    )
    known = precision(
        (2024, "OLD", 70.0, 2.0, 20.0),
        (2025, "NEW", 80.0, 3.0, 30.0),
        (2024, "B", 70.0, None, None),
        (2025, "B", 75.0, 1.0, 9.0),
    )
    found = by_agency(survey_changes(compared, known, policies()))
    # V 4 (df 20) and V 9 (df 30): df 48.2857 (methods §3.4), of which t.975 is 2.0104.
    half = 2.0104 * 13**0.5
    assert (found["NEW"]["diff_lo"], found["NEW"]["diff_hi"]) == pytest.approx((10 - half, 10 + half), abs=2e-3)
    # The other one has no test, so the family has one.
    assert found["NEW"]["p_holm"] == found["NEW"]["p_value"]
    assert found["NEW"]["comparison_status"] == "improved"
    assert (found["B"]["p_value"], found["B"]["comparison_status"]) == (None, "no_clear_change")


def test_a_mean_has_the_error_of_its_units_and_none_where_one_is_unknown():
    known = precision((2025, "A", 80.0, 3.0, 10.0), (2025, "B", 90.0, 4.0, 20.0), (2025, "C", 70.0, None, None))
    members = pa.table(
        {
            "year": pa.array([2025] * 4, pa.int32()),
            "mean_kind": ["block"] * 4,
            "group_code": ["so", "so", "x", "x"],
            "index_form": ["f"] * 4,
            "agency_id": ["A", "B", "B", "C"],
            "mean_weight": pa.array([1, 1, 1, 1]),
        }
    )
    means = pa.table(
        {
            "year": pa.array([2025, 2025], pa.int32()),
            "mean_kind": ["block"] * 2,
            "group_code": ["so", "x"],
            "index_form": ["f"] * 2,
            "estimate_pct": [85.0, 80.0],
            "has_previous": [False, False],
        }
    )
    first, second = survey_means(members, means, known, policies()).to_pylist()
    # sqrt(9 + 16)/2, df (25/4)²/((9/4)²/10 + (4)²/20) = 29.8.
    assert first["se"] == pytest.approx(2.5)
    assert first["ci_hi"] - 85 == pytest.approx(2.0427 * 2.5, abs=2e-3)
    assert (first["comparison_status"], first["rank_lo"], first["rank_hi"]) == ("not_comparable", 1, 1)
    assert (second["se"], second["rank_lo"]) == (None, None)


def moments(**other: Any) -> Mapping[str, Any]:
    zeros = {f"{part}_{name}": 0.0 for part in ("mean", "deviation", "square") for name in MEASURES}
    return {**QUESTIONNAIRE, "stratum": "", "factor_code": "", "population_psu": None, **zeros, **other}


QUESTIONNAIRE = {"year": 2025, "agency_id": "A", "questionnaire_id": "Q", "questionnaire_version": "v1"}
MEASURES = ("mean", "top2", "pooled", "respondent", "all")


def described(n: int, population: float | None, estimate: float, deviation: float, form: str = "top2_weighted"):
    scores = {**QUESTIONNAIRE, "factor_code": "", "index_form": form, "n_valid": n, "estimate_pct": estimate}
    stratum = moments(
        n_psu=n, n_psu_answered=n, n_forms=n, w_forms=float(n), population_psu=population, deviation_top2=deviation
    )
    schema = pa.schema(
        [
            (name, pa.int32() if name == "year" else pa.float64() if value is None else pa.scalar(value).type)
            for name, value in stratum.items()
        ]
    )
    unit = {"year": 2025, "agency_id": "A", "population": "agencies", "block_code": "so"}
    (row,) = survey_precision(
        pa.Table.from_pylist([{**scores, "index_weight": float(n)}]).cast(_with_year(scores)),
        pa.Table.from_pylist([stratum], schema),
        pa.Table.from_pylist([unit], pa.schema([("year", pa.int32()), *((c, pa.string()) for c in list(unit)[1:])])),
        policies(),
    ).to_pylist()
    return row


def _with_year(scores: Mapping[str, Any]) -> pa.Schema:
    row = {**scores, "index_weight": 1.0}
    return pa.schema([(name, pa.int32() if name == "year" else pa.scalar(v).type) for name, v in row.items()])


def test_one_form_has_an_estimate_and_nothing_else():
    row = described(1, None, 100.0, 0.0)
    assert row["variance_status"] == "not_estimable"
    assert [row[name] for name in ("se", "df", "ci_lo", "ci_hi", "ci_method", "n_eff")] == [None] * 6
    assert not row["is_presentable"]


def test_a_census_is_known_exactly():
    row = described(40, 40.0, 75.0, 5.0)
    assert (row["se"], row["ci_lo"], row["ci_hi"], row["variance_status"]) == (0, 75, 75, "ok")
    assert row["is_presentable"]


def test_the_interval_follows_the_share_and_the_effective_size():
    # SE 5 of 100 forms at 50 %: n_e 100, the t interval of 99 df (1.9842).
    middle = described(100, None, 50.0, 25 * 99 / 100)
    assert (middle["ci_method"], middle["ci_hi"] - 50) == ("t", pytest.approx(5 * 1.9842, abs=1e-3))
    # Everyone satisfied: Korn-Graubard, (alpha/2)^(1/n) below and the end of the scale above.
    everyone = described(40, None, 100.0, 0.0)
    assert (everyone["ci_method"], everyone["ci_hi"]) == ("korn_graubard", 100)
    assert everyone["ci_lo"] == pytest.approx(100 * 0.025 ** (1 / 40), rel=1e-9)


def test_thirty_forms_are_presentable_only_where_the_interval_is_narrow():
    # Parker et al. 2017: 30 forms at 50 % have a Korn-Graubard width of .374, at 95 % of .184.
    half, high = described(31, None, 50.0, 25 * 80.0 / 31), described(31, None, 95.0, 25 * 14.0 / 31)
    assert not half["is_presentable"]
    assert high["is_presentable"]
    assert not described(29, None, 95.0, 25 * 14.0 / 29)["is_presentable"]


def test_reliability_and_interviewers_meet_in_one_row():
    scope = {
        **QUESTIONNAIRE,
        "factor_code": "",
        "n_items": 2,
        "n_forms": 9,
        "item_variances": 2.0,
        "total_variance": 4.0,
    }
    squares = {
        **QUESTIONNAIRE,
        "n_investigators": 6,
        "n_forms": 24,
        "sum_of_squared_sizes": 96,
        "between_squares": 56.2083333,
        "within_squares": 112.75,
    }
    other = {**squares, "agency_id": "B"}
    found = survey_quality(pa.Table.from_pylist([scope]), pa.Table.from_pylist([squares, other])).to_pylist()
    # Alpha of two equal items is 1; the sums of squares are those of Shrout & Fleiss 1979, whose ICC(1,1) is .166.
    assert [(row["agency_id"], row["n_complete"], row["cronbach_alpha"]) for row in found] == [
        ("A", 9, 1),
        ("B", 0, None),
    ]
    assert [row["investigator_icc"] for row in found] == [pytest.approx(0.1657, abs=1e-4)] * 2
