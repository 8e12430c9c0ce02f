"""The tables of the league: the check values of methods §5 on their way from cells to columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from methods.composite.tables import TABLES, composite

TYPES = {
    "year": pa.int64(),
    **dict.fromkeys(("set_id", "agency_id", "cchc_group", "area_code", "criterion_code"), pa.string()),
    **dict.fromkeys(("max_points", "final_points"), pa.float64()),
    "is_applicable": pa.bool_(),
    "official_pct": pa.float64(),
    **dict.fromkeys(("is_ranked", "is_ranked_overall"), pa.bool_()),
    **dict.fromkeys(("survey_se", "floor_pct", "next_floor_pct"), pa.float64()),
}
POINTS = {"U1": (9, 18, None, 31), "U2": (8, 16, 21, 32), "U3": (None, 15, 18, 34), "U4": (7, 12, 24, 28)}
MAXIMA = (10, 20, 30, 40)


def cells(points=POINTS, *, year=2015, is_overall=True, pending=(), beside=0.0, **of_agency) -> list[dict]:
    rows = []
    for agency, given in points.items():
        known = [(p, m) for p, m in zip(given, MAXIMA, strict=True) if p is not None]
        index = 100 * sum(p for p, _ in known) / sum(m for _, m in known) + beside
        for code, (value, maximum) in enumerate(zip(given, MAXIMA, strict=True), start=1):
            rows.append(
                {
                    **{"year": year, "set_id": "S", "agency_id": agency, "cchc_group": "so"},
                    **{"area_code": "A" if code < 3 else "B", "criterion_code": str(code), "max_points": maximum},
                    "final_points": value,
                    "is_applicable": value is not None or agency in pending,
                    "official_pct": None if agency in pending else index,
                    "is_ranked": agency not in pending,
                    "is_ranked_overall": is_overall,
                    "survey_se": 0.0,
                    **of_agency.get(agency, {}),
                }
            )
    return rows


def tables(rows: list[dict], draws: int = 400) -> dict[str, list[dict]]:
    columns = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in TYPES.items()}
    return dict(zip(TABLES, (table.to_pylist() for table in composite(pa.table(columns), 0.05, draws)), strict=True))


def by_agency(rows: list[dict]) -> dict[str, dict]:
    return {row["agency_id"]: row for row in rows}


@pytest.fixture(scope="module")
def found() -> dict[str, list[dict]]:
    return tables(cells())


def test_the_columns_of_the_ranking(found):
    units = by_agency(found["composite"])
    assert [units[agency]["adjusted_pct"] for agency in POINTS] == pytest.approx([81.021277, 77, 74.851064, 71])
    assert [units[agency]["se"] for agency in POINTS] == pytest.approx([3.305617, 0, 1.683138, 0], rel=1e-6)
    assert units["U1"]["ci_lo"] == pytest.approx(82.857143 - 1.959964 * 3.305617, rel=1e-6)
    # By the check table: under zero_fill U1 is last and U4 second; otherwise U1 is first or shares that place.
    assert (units["U1"]["rule_min_rank"], units["U1"]["rule_max_rank"]) == (1, 4)
    assert (units["U1"]["variant_min_rank"], units["U1"]["variant_max_rank"]) == (1, 1)
    assert (units["U4"]["rule_min_rank"], units["U4"]["variant_min_rank"]) == (2, 4)
    assert (units["U2"]["rank_lo"], units["U2"]["group_rank_lo"], units["U4"]["rank_hi"]) == (1, 1, 4)
    assert {row["beside_points"] for row in units.values()} == {0}
    assert {(row["is_connected"], row["is_separated"], row["rating_status"]) for row in units.values()} == {
        (True, False, None)
    }


def test_every_rule_has_a_row_and_its_ranks(found):
    rows = {(row["agency_id"], row["rule"]): row for row in found["index_by_rule"]}
    assert len(rows) == len(found["index_by_rule"]) == 4 * 11
    assert rows["U1", "zero_fill"]["index_value"] == pytest.approx(58)
    assert (rows["U1", "zero_fill"]["overall_rank"], rows["U1", "zero_fill"]["group_rank"]) == (4, 4)
    assert rows["U4", "copeland"]["index_value"] == -3


def test_scenarios_of_the_weights(found):
    rows = {(row["agency_id"], row["scenario"]): row for row in found["weight_sensitivity"]}
    assert (rows["U3", "box"]["best_rank"], rows["U3", "box"]["worst_rank"]) == (2, 4)
    assert rows["U3", "box"]["p05_rank"] is None
    assert rows["U1", "leave_one_out"]["worst_rank"] == 1
    assert 0 < rows["U2", "dirichlet_200"]["sd_points"] < rows["U2", "dirichlet_50"]["sd_points"]


def test_pairs_and_contributions(found):
    pairs = {(row["agency_id"], row["other_agency_id"]): row for row in found["pairwise"]}
    assert len(pairs) == 12
    assert (pairs["U2", "U4"]["verdict_status"], pairs["U1", "U2"]["verdict_status"]) == ("higher", "cannot_tell")
    sums = {}
    for row in found["contributions"]:
        sums[row["agency_id"]] = sums.get(row["agency_id"], 0) + row["contribution_points"]
    units = by_agency(found["composite"])
    mean = np.mean([row["adjusted_pct"] for row in units.values()])
    for agency, row in units.items():
        assert sums[agency] == pytest.approx(row["adjusted_pct"] - mean)


def test_importance_and_shift_of_criteria(found):
    rows = {row["criterion_code"]: row for row in found["criterion_importance"]}
    assert [rows[str(n)]["weight_pct"] for n in (1, 2, 3, 4)] == [10, 20, 30, 40]
    # Ranks without criterion 4 are 1, 2, 4, 3 instead of 1, 2, 3, 4; without 3 they are 1, 3, 2, 4.
    assert [rows[str(n)]["mean_rank_shift"] for n in (1, 2, 3, 4)] == [0, 0, 0.5, 0.5]
    assert rows["4"]["largest_rank_shift"] == 1


def test_pending_points_leave_the_ranks_but_not_the_fit():
    found = tables(cells(pending=("U1",)))
    units = by_agency(found["composite"])
    assert units["U1"]["adjusted_pct"] is units["U1"]["rule_min_rank"] is units["U1"]["rank_lo"] is None
    assert units["U2"]["adjusted_rank"] == 1
    assert {row["agency_id"] for row in found["pairwise"]} == {"U2", "U3", "U4"}
    assert {row["index_value"] for row in found["index_by_rule"] if row["agency_id"] == "U1"} == {None}


def test_groups_are_families_where_nobody_is_ranked_overall():
    found = tables(cells(is_overall=False, U3={"cchc_group": "huyen"}, U4={"cchc_group": "huyen"}))
    units = by_agency(found["composite"])
    # 74.44 - 71 is 2.05 standard errors of 1.683138.
    assert (units["U3"]["rank_lo"], units["U3"]["group_rank_hi"], units["U3"]["adjusted_rank"]) == (None, 1, 1)
    assert {(row["agency_id"], row["other_agency_id"]) for row in found["pairwise"]} == {
        *(("U1", "U2"), ("U2", "U1")),
        *(("U3", "U4"), ("U4", "U3")),
    }


def test_surveys_and_bands_make_a_rating_firm_or_not():
    bands = {"floor_pct": 70.0, "next_floor_pct": 85.0}
    units = by_agency(tables(cells(U2={"survey_se": 1.0, **bands}, U4=bands, U1=bands))["composite"])
    assert (units["U2"]["rating_status"], units["U4"]["rating_status"]) == ("firm", "no_interval")
    assert units["U1"]["rating_status"] == "borderline"
    assert (units["U2"]["se"], units["U4"]["p_rating"]) == (1, None)
    unknown = by_agency(tables(cells(U2={"survey_se": None, **bands}))["composite"])["U2"]
    assert unknown["se"] is unknown["ci_lo"] is unknown["rank_lo"] is None
    assert (unknown["rating_status"], unknown["adjusted_rank"]) == ("no_interval", 2)


def test_bonus_points_stand_beside_the_adjusted_index():
    found = tables(cells(beside=2.5))
    units = by_agency(found["composite"])
    assert units["U4"]["beside_points"] == pytest.approx(2.5)
    assert units["U4"]["adjusted_pct"] == pytest.approx(71)
    official = next(r for r in found["index_by_rule"] if (r["agency_id"], r["rule"]) == ("U4", "official"))
    assert official["index_value"] == pytest.approx(73.5)


def test_the_order_of_rows_and_other_years_change_nothing(found):
    rows = cells()
    generator = np.random.default_rng(2)
    turned = [rows[n] for n in generator.permutation(len(rows))] + cells({"Z": (1, 1, 1, 1)}, year=2014)
    again = tables(turned)
    for name in TABLES:
        assert [row for row in again[name] if row["year"] == 2015] == found[name]


def test_no_set_gives_empty_tables_with_their_columns():
    assert tables([]) == {name: [] for name in TABLES}


def test_an_agency_without_a_criterion_of_its_set_is_refused():
    with pytest.raises(ValueError, match="every criterion"):
        tables(cells()[1:])
