"""Tests every mart rule on a row that keeps it and one that breaks it; a mart without rows passes all rules."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.engine import Validator
from expectations.marts import judge_marts
from expectations.rules import load_rules

Row = dict[str, Any]
EXCLUDED: Row = {"is_applicable": False, "self_points": None, "appraised_points": None, "final_points": None}
# By mart: a good row with its types, and changes that break it with the codes of exactly the rules they break.
MARTS: dict[str, tuple[dict[str, tuple[str, Any]], list[tuple[Row, set[str]]]]] = {
    "satisfaction.index_by_agency": (
        {
            "year": ("bigint", 2015),
            "agency_id": ("varchar", "SNV"),
            "index_form": ("varchar", "top2_weighted"),
            "is_official_form": ("boolean", True),
            "estimate_pct": ("double", 75.0),
            "numerator": ("double", 75.0),
            "n_planned": ("bigint", 100),
            "n_valid": ("bigint", 90),
            "bound_lo": ("double", 67.5),
            "bound_hi": ("double", 77.5),
            "score_rank": ("bigint", 1),
            "estimate_status": ("varchar", "ok"),
            "rank_status": ("varchar", "ranked"),
        },
        [
            ({"agency_id": "SNV"}, {"MRT-09"}),
            ({"bound_hi": 100.5}, {"MRT-10"}),
            ({"bound_lo": 75.5}, {"MRT-11"}),
            ({"estimate_pct": None}, {"MRT-12"}),
            ({"estimate_status": "data_missing"}, {"MRT-12"}),
            ({"estimate_status": "suppressed", "estimate_pct": None, "bound_lo": None, "bound_hi": None}, {"MRT-13"}),
            ({"rank_status": "low_reliability"}, {"MRT-14"}),
            ({"score_rank": None}, {"MRT-14"}),
            ({"score_rank": None, "is_official_form": False}, set()),
            ({"n_valid": 101}, {"MRT-15"}),
        ],
    ),
    "satisfaction.index_by_population": (
        {
            "year": ("bigint", 2015),
            "population": ("varchar", "agencies"),
            "index_form": ("varchar", "top2_weighted"),
            "estimate_pct": ("double", 75.47),
            "n_units": ("bigint", 31),
        },
        [
            ({"population": "agencies"}, {"MRT-16"}),
            ({"estimate_pct": 100.5}, {"MRT-17"}),
            ({"n_units": 0}, {"MRT-18"}),
            ({"estimate_pct": None}, {"MRT-18"}),
        ],
    ),
    "cchc.ranking": (
        {
            "year": ("bigint", 2015),
            "agency_id": ("varchar", "STP"),
            "official_pct": ("double", 80.0),
            "self_pct": ("double", 90.0),
            "coverage_pct": ("double", 95.0),
            "bound_lo": ("double", 76.0),
            "bound_hi": ("double", 81.0),
            "earned_points": ("decimal(11, 6)", 76),
            "max_points": ("decimal(11, 6)", 95),
            "appraisal_points": ("decimal(11, 6)", 60),
            "survey_points": ("decimal(11, 6)", 10),
            "dossier_points": ("decimal(11, 6)", 6),
            "bonus_points": ("decimal(11, 6)", 0),
            "penalty_points": ("decimal(11, 6)", 0),
            "group_rank": ("bigint", 1),
            "overall_rank": ("bigint", 3),
            "rating": ("varchar", "kha"),
            "rating_scheme": ("varchar", "S"),
            "estimate_status": ("varchar", "ok"),
            "rank_status": ("varchar", "ranked"),
        },
        [
            ({"agency_id": "STP"}, {"MRT-19"}),
            ({"self_pct": 101.0}, {"MRT-20"}),
            ({"bound_lo": 80.5}, {"MRT-21"}),
            ({"bound_hi": 79.5}, {"MRT-21"}),
            ({"estimate_status": "data_missing"}, {"MRT-22"}),
            ({"estimate_status": "data_missing", "official_pct": None, "rating": None}, set()),
            (
                {"estimate_status": "data_missing", "official_pct": None, "rating": None, "bound_hi": None},
                {"MRT-22"},
            ),
            ({"max_points": 96}, {"MRT-23"}),
            # Bonus points: 76 + 20.9 of 95 is 102, the bounds are those without them; penalty 77.9 of 95 leaves -2.
            ({"bonus_points": 20.9, "earned_points": 96.9, "official_pct": 102.0}, set()),
            ({"bonus_points": 20.9, "earned_points": 96.9, "official_pct": 100.0}, set()),
            ({"bonus_points": 20.9, "earned_points": 96.9, "official_pct": 101.0}, {"MRT-23"}),
            ({"bonus_points": 20.9, "earned_points": 96.9, "official_pct": 102.0, "bound_lo": 80.5}, {"MRT-21"}),
            ({"penalty_points": 77.9, "earned_points": -1.9, "official_pct": -2.0}, set()),
            ({"penalty_points": 77.9, "earned_points": -1.9, "official_pct": 0.0}, set()),
            ({"bonus_points": 1}, {"MRT-24"}),
            (
                {
                    "earned_points": 96.9,
                    "appraisal_points": 80.9,
                    "official_pct": 102.0,
                    "bound_hi": 100.0,
                    "bound_lo": 100.0,
                },
                {"MRT-20", "MRT-21"},
            ),
            ({"dossier_points": 5}, {"MRT-24"}),
            ({"rank_status": "scored_not_ranked"}, {"MRT-25"}),
            ({"group_rank": None}, {"MRT-25"}),
            ({"rating": None}, {"MRT-26"}),
            # A province that rates nobody.
            ({"rating": None, "rating_scheme": None}, set()),
            ({"rating_scheme": None}, {"MRT-26"}),
        ],
    ),
    "cchc.criterion_scores": (
        {
            "year": ("bigint", 2015),
            "agency_id": ("varchar", "STP"),
            "criterion_code": ("varchar", "1.1"),
            "self_points": ("decimal(11, 6)", 3),
            "appraised_points": ("decimal(11, 6)", 2),
            "final_points": ("decimal(11, 6)", 2),
            "max_points": ("decimal(11, 6)", 3),
            "score_pct": ("double", 66.7),
            "is_applicable": ("boolean", True),
            "exclusion_class": ("varchar", None),
            "exclusion_reason": ("varchar", None),
            "exclusion_document": ("varchar", None),
        },
        [
            ({"criterion_code": "1.1"}, {"MRT-27"}),
            ({"score_pct": 101.0}, {"MRT-28"}),
            ({"score_pct": -101.0}, {"MRT-28"}),
            (
                {
                    "is_applicable": False,
                    "exclusion_class": "no_mandate",
                    "exclusion_reason": "no_iso",
                    "exclusion_document": "QĐ 12",
                },
                {"MRT-29"},
            ),
            ({**EXCLUDED, "exclusion_reason": "no_iso", "exclusion_document": "QĐ 12"}, {"MRT-30"}),
            ({**EXCLUDED, "exclusion_reason": "no_iso", "exclusion_class": "no_mandate"}, {"MRT-32"}),
            ({"exclusion_reason": "no_iso"}, {"MRT-30"}),
            ({"final_points": 4}, {"MRT-31"}),
        ],
    ),
    "programme.plan_progress_by_agency_month": (
        {
            "month": ("date", "2016-03-01"),
            "agency_id": ("varchar", "SNV"),
            "report_status": ("varchar", "reported"),
            **{name: ("bigint", n) for name, n in (("n_tasks", 4), ("n_due", 3), ("n_not_due", 1))},
            **{name: ("bigint", n) for name, n in (("n_done_on_time", 2), ("n_late", 1), ("n_fallen", 0))},
        },
        [
            ({"agency_id": "SNV"}, {"MRT-33"}),
            ({"n_not_due": 2}, {"MRT-34"}),
            ({"n_late": 2}, {"MRT-34"}),
            ({"report_status": "not_reported"}, {"MRT-35"}),
            ({"n_tasks": None, "n_due": None, "n_fallen": None}, {"MRT-35"}),
            ({"report_status": "not_reported", "n_tasks": None, "n_due": None, "n_fallen": None}, set()),
            ({"n_fallen": 1}, {"MRT-36"}),
        ],
    ),
    "programme.feedback_by_agency_month": (
        {
            "month": ("date", "2016-03-01"),
            "agency_id": ("varchar", "SNV"),
            **{name: ("bigint", n) for name, n in (("n_received", 5), ("n_answered", 4), ("n_answered_on_time", 3))},
            "median_answer_days": ("double", 2.5),
        },
        [
            ({"agency_id": "SNV"}, {"MRT-37"}),
            ({"n_answered_on_time": 5}, {"MRT-38"}),
            ({"n_answered": 6}, {"MRT-38"}),
            ({"median_answer_days": -1.0}, {"MRT-39"}),
            ({"n_answered": 0, "n_answered_on_time": 0, "median_answer_days": None}, set()),
        ],
    ),
}
NEW_KEY = {
    "programme.plan_progress_by_agency_month": "agency_id",
    "programme.feedback_by_agency_month": "agency_id",
    "satisfaction.index_by_agency": "agency_id",
    "satisfaction.index_by_population": "population",
    "cchc.ranking": "agency_id",
    "cchc.criterion_scores": "criterion_code",
}


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def build_mart(path: Path, table: str, columns: dict[str, tuple[str, Any]], rows: list[Row]) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create schema if not exists {table.partition('.')[0]}")
        declared = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        connection.execute(f"create or replace table {table} ({declared})")
        for row in rows:
            marks = ", ".join("?" for _ in columns)
            connection.execute(f"insert into {table} values ({marks})", [row[name] for name in columns])


@pytest.mark.parametrize("table", MARTS)
def test_every_rule_finds_its_bad_row_and_a_mart_without_rows_passes_all(table, validator, tmp_path):
    columns, bad = MARTS[table]
    rules = {table: load_rules()[table]}
    assert set().union(*(codes for _, codes in bad)) == {rule.code for rule in rules[table].rules}
    good = {name: value for name, (_, value) in columns.items()}
    # Every row has its own key, except the one that breaks the key rule.
    rows = [{**good, NEW_KEY[table]: f"row {place}", **change} for place, (change, _) in enumerate(bad)]
    path = tmp_path / "build.duckdb"

    build_mart(path, table, columns, [good, *rows])
    broken = {r.rule_code: r.n_failed for r in judge_marts(validator, rules, path) if not r.is_passed}
    build_mart(path, table, columns, [])
    empty = judge_marts(validator, rules, path)

    counts = {rule.code: sum(rule.code in codes for _, codes in bad) for rule in rules[table].rules}
    # Both rows with the same key break the key rule.
    assert broken == {code: n + (rules[table].rules[0].code == code) for code, n in counts.items()}
    assert all(result.is_passed and result.n_evaluated == 0 for result in empty)


def test_an_agency_whose_software_disagrees_far_more_than_the_others_in_a_month_is_reported(validator, tmp_path):
    columns = {
        "month": ("date", "2015-02-01"),
        "agency_id": ("varchar", "STP"),
        **dict.fromkeys(("n_early", "n_on_time", "n_late"), ("bigint", 10)),
        "system_disagreement_pct": ("double", 45.0),
    }
    february: Row = {name: value for name, (_, value) in columns.items()}
    march = february | {"month": "2015-03-01"}
    rows = [
        *[february, february | {"agency_id": "SXD"}, february | {"agency_id": "HQ", "system_disagreement_pct": 65.0}],
        # In March the median is 16 %: 36 % is the limit, 36.1 % breaks the rule.
        *[march | {"agency_id": agency, "system_disagreement_pct": 16.0} for agency in ("STP", "SXD", "SNV")],
        march | {"agency_id": "THUE", "system_disagreement_pct": 36.0},
        march | {"agency_id": "HQ", "system_disagreement_pct": 36.1},
        # With 29 dossiers an agency neither breaks the rule nor enters the median; a NULL is ignored.
        march | {"agency_id": "DHKH", "system_disagreement_pct": 90.0, "n_early": 9},
        *[march | {"agency_id": f"small {n}", "system_disagreement_pct": 0.0, "n_late": 9} for n in range(9)],
        march | {"agency_id": "VQH", "system_disagreement_pct": None},
        # A single agency in its month has no others to differ from.
        february | {"month": "2015-04-01", "system_disagreement_pct": 90.0},
    ]
    path, table = tmp_path / "build.duckdb", "timeliness.on_time_by_agency_month"
    build_mart(path, table, columns, rows)
    file = load_rules()[table]
    rule = file.model_copy(update={"rules": [rule for rule in file.rules if rule.code == "MRT-40"]})
    (result,) = judge_marts(validator, {table: rule}, path)
    assert (result.is_passed, result.n_failed, result.n_evaluated) == (False, 1, len(rows))
