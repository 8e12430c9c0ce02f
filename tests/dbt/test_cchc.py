"""The CCHC marts and quality.expected_deliveries, from workbooks, forms and dossiers worked by hand to the marts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.dbt_home import Row, build_cchc, make_inputs, read_rows
from tests.support.dbt_registry import registry_tables
from warehouse.config import Home, Settings
from warehouse.engine import BuildReport, DbtProject

AS_OF = date(2025, 12, 31)
SECOND = "2" * 16
# methods §5.1: maxima 10, 20 | 30, 40; None is an exclusion.
METHODS = {"U1": (9, 18, None, 31), "U2": (8, 16, 21, 32), "U3": (None, 15, 18, 34), "U4": (7, 12, 24, 28)}
MAXIMA = (10, 20, 30, 40)


def scored(year: int, agency: str, workbook: str, code: str, points: float | None, **other: Any) -> dict[str, Any]:
    column = "self_points" if workbook == "self_assessment" else "appraised_points"
    return {
        "year": year,
        "agency_id": agency,
        "workbook": workbook,
        "criterion_code": code,
        "max_points": 5,
        column: points,
        **other,
    }


def workbooks_of_methods() -> Iterator[dict[str, Any]]:
    for agency, points in METHODS.items():
        for code, (value, maximum) in enumerate(zip(points, MAXIMA, strict=True), start=1):
            # U1's exclusion is in the registry, U3's in its own workbook.
            no_case = {"is_applicable": False, "exclusion_reason": "no_case_arose", "exclusion_document": "9/BC-U3"}
            exclusion = no_case if (agency, code) == ("U3", 1) else {}
            yield scored(2024, agency, "appraisal", str(code), value, **{**exclusion, "max_points": maximum})


ASSESSMENTS = [
    *workbooks_of_methods(),
    scored(2025, "STP", "self_assessment", "1.1", 5),
    scored(2025, "STP", "self_assessment", "1.2", 4),
    scored(2025, "STP", "appraisal", "1.1", 4),
    scored(2025, "STP", "appraisal", "1.2", 2, load_id=SECOND),
    scored(2025, "STP", "appraisal", "1.2", 3.5, load_id="3" * 16),  # the appraisal was sent again
    scored(2025, "H1", "self_assessment", "1.1", 5),
    scored(2025, "H1", "appraisal", "1.1", None),  # read, not scored yet
    scored(2025, "H1", "appraisal", "1.2", 5),
]
# 12 forms: A1 and A2 always satisfied, B1 in 6 of 12: factors 100 and 50, index 75.
SURVEY = [
    {
        "form_id": f"{agency}{number}",
        "agency_id": agency,
        "questionnaire_id": "QT",
        "questionnaire_version": "v1",
        "interviewed_date": "2025-10-01",
        "item_code": item,
        "answer": 5 if item != "B1" or number % 2 else 2,
    }
    for agency in ("STP", "H1")
    for number in range(12)
    for item in ("A1", "A2", "B1")
]
# Received on Monday 05/05/2025, due on 12/05: 9 of STP's 10 in time, none of H1's two.
DOSSIERS = [
    {
        "dossier_code": f"{agency}-{number}",
        "procedure_code": "P5",
        "receiving_agency_id": agency,
        "resolving_agency_id": agency,
        "received_at": "2025-05-05 09:00",
        "finished_at": "2025-05-12 10:00" if agency == "STP" and number else "2025-05-20 10:00",
        "status": "finished",
    }
    for agency, n_dossiers in (("STP", 10), ("H1", 2))
    for number in range(n_dossiers)
]
EXPECTED = [
    ("assessments", "STP", "2026-01-15"),
    ("assessments", "NT", "2025-12-15"),
    ("dossiers", "STP", "2025-12-01"),
    ("survey_responses", "NT", "2026-01-31"),
    ("letters", "STP", "2026-01-31"),
]


def registry() -> Mapping[str, Sequence[Row]]:
    """The small registry with the four agencies of methods §5.1 and criteria in 2024, and STP, NT and H1 in 2025."""
    tables = registry_tables()
    stp, nt = tables["agencies"]
    first, *_ = tables["criteria"]
    named = {"set_name": "Bộ tiêu chí", "basis_document": "1/QĐ"}
    return {
        "agencies": [
            {**stp, "valid_from": "2025-01-01"},
            {**nt, "valid_from": "2025-01-01"},
            {**nt, "agency_id": "H1", "valid_from": "2025-01-01"},
            *({**stp, "agency_id": agency, "valid_to": "2025-01-01"} for agency in METHODS),
        ],
        "criteria_sets": [
            {**named, "set_id": "M", "cchc_groups": "so;huyen", "first_year": "2011", "last_year": "2024"},
            {**named, "set_id": "S1", "cchc_groups": "so;huyen", "first_year": "2025"},
        ],
        "criteria": [
            *tables["criteria"],
            *(
                {
                    **first,
                    "set_id": "M",
                    "area_code": "A" if code < 3 else "B",
                    "criterion_code": str(code),
                    "max_points": str(maximum),
                    "requires": "website" if code == 3 else "none",
                }
                for code, maximum in enumerate(MAXIMA, start=1)
            ),
        ],
        "exclusions": [
            *tables["exclusions"],
            {**tables["exclusions"][0], "agency_id": "U1", "requires": "website", "exclusion_reason": "no_website"},
        ],
        "expected_deliveries": [
            {"source": source, "agency_id": agency, "period_id": "NAM_2025", "expected_by_date": by}
            for source, agency, by in EXPECTED
        ],
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, BuildReport]:
    root = tmp_path_factory.mktemp("home")
    home = make_inputs(
        root, dossiers=DOSSIERS, survey=SURVEY, assessments=ASSESSMENTS, registry=registry(), as_of=AS_OF
    )
    project = DbtProject(Settings(home=root))
    return home, build_cchc(
        project, home, "+expected_deliveries", "+dim_criterion", "+label", "+agency", "+criteria_set"
    )


@pytest.fixture(scope="module")
def home(built: tuple[Home, BuildReport]) -> Home:
    return built[0]


def ranking(home: Home, year: int, columns: str) -> dict[str, tuple[Any, ...]]:
    rows = read_rows(home, f"select agency_id, {columns} from cchc.ranking where year = {year} order by agency_id")
    return {agency: tuple(rest) for agency, *rest in (row.values() for row in rows)}


def test_index_bounds_and_ranks_are_those_of_methods(home: Home) -> None:
    columns = "official_pct, coverage_pct, bound_lo, bound_hi, group_rank, rank_status, rating"
    assert ranking(home, 2024, columns) == {
        "U1": (pytest.approx(82.857143, abs=5e-7), 70, 58, 88, 1, "ranked_marked", "tot"),
        "U2": (77, 100, 77, 77, 2, "ranked", "kha"),
        "U3": (pytest.approx(74.444444, abs=5e-7), 90, 67, 77, 3, "ranked", "kha"),
        "U4": (71, 100, 71, 71, 4, "ranked", "kha"),
    }


def test_an_excluded_criterion_has_its_reason_and_document(home: Home) -> None:
    columns = "agency_id, criterion_code, exclusion_reason, exclusion_class, exclusion_document"
    query = f"select {columns} from cchc.criterion_scores where not is_applicable order by year, agency_id"
    assert [tuple(row.values()) for row in read_rows(home, query)] == [
        ("U1", "3", "no_website", "no_mandate", "1/TB"),
        ("U3", "1", "no_case_arose", "no_case", "9/BC-U3"),
        ("NT", "1.2", "no_one_stop", "no_mandate", "1/TB"),
    ]


def test_areas_leave_excluded_criteria_out(home: Home) -> None:
    query = "select area_code, earned_points, max_points, area_pct from cchc.area_scores where agency_id = 'U1'"
    assert {tuple(row.values()) for row in read_rows(home, query)} == {
        ("A", Decimal(27), Decimal(30), 90),
        ("B", Decimal(31), Decimal(40), 77.5),
    }
    query = "select distinct group_mean_pct from cchc.criterion_scores where year = 2024 and criterion_code = '1'"
    assert read_rows(home, query) == [{"group_mean_pct": 80}]


def test_a_total_is_appraisal_survey_and_dossiers(home: Home) -> None:
    columns = "appraisal_points, survey_points, dossier_points, earned_points, official_pct, self_pct, stage, flags"
    # Survey 4 × 75 / 100; on time 90 % earns 6 × 90 / 98; self 9 of 10; 16.0102 of 20.
    assert ranking(home, 2025, columns)["STP"] == (
        *(Decimal("7.5"), Decimal(3), Decimal("5.5102"), Decimal("16.0102")),
        *(80.051, 90, "provisional", None),
    )
    assert ranking(home, 2024, "stage, decision_number")["U1"] == ("final", "1/QĐ-UBND")


def test_missing_points_leave_bounds_and_no_rank(home: Home) -> None:
    columns = "estimate_status, official_pct, group_rank, rating, bound_lo, bound_hi, comparison_reason, flags"
    found = ranking(home, 2025, columns)
    assert ranking(home, 2025, "earned_points")["H1"] == (Decimal(8),)
    # H1: 5 + 3 + 0 of 20, 1.1 (5) waits. NT: no workbook, no form and no dossier; 1.2 (5) does not apply.
    assert found["H1"] == ("data_missing", None, None, None, 40, 65, "no_data", None)
    assert found["NT"] == (
        *("data_missing", None, None, None, 0, 100, "no_data"),
        "appraisal_missing;dossier_points_missing;self_assessment_missing;survey_points_missing",
    )


def test_every_rating_is_counted_also_one_without_an_agency(home: Home) -> None:
    query = "select year, cchc_group, rating, n_agencies from cchc.rating_counts where cchc_group = 'so'"
    assert {tuple(row.values()) for row in read_rows(home, query)} == {
        *((2024, "so", "tot", 1), (2024, "so", "kha", 3), (2024, "so", "yeu", 0)),
        *((2025, "so", "tot", 1), (2025, "so", "kha", 0), (2025, "so", "yeu", 0)),
    }


def test_expected_deliveries_are_compared_with_those_received(built: tuple[Home, BuildReport]) -> None:
    home, report = built
    query = "select source, agency_id, delivery_status, arrived_at from quality.expected_deliveries"
    delivered = datetime(2025, 12, 31)
    assert {tuple(row.values()) for row in read_rows(home, query)} == {
        ("assessments", "STP", "arrived", delivered),
        ("assessments", "NT", "missing", None),
        ("dossiers", "STP", "late", delivered),
        ("survey_responses", "NT", "not_due", None),
        ("letters", "STP", "missing", None),
    }
    assert [name.split()[0] for name in report.warned] == ["every_expected_source_is_one_that_is_read"]


def test_what_stands_beside_the_index_is_that_of_methods(home: Home) -> None:
    # methods §5.1 and §5.2: U1 0.95 % above what it would have on the full set if criteria were equally hard.
    columns = "adjusted_pct, difficulty_offset_points, se_excl, beside_points, adjusted_rank"
    assert ranking(home, 2024, columns) == {
        "U1": (*(pytest.approx(n, abs=1e-6) for n in (81.021277, 1.835866, 3.305617)), 0, 1),
        "U2": (pytest.approx(77), 0, 0, 0, 2),
        "U3": (*(pytest.approx(n, abs=1e-6) for n in (74.851064, -0.406619, 1.683138)), 0, 3),
        "U4": (pytest.approx(71), 0, 0, 0, 4),
    }
    # Of the floors 80, 60 and 0, U1 is 0.86 SE above the first, U3 far from both; the others have no error. Under
    # zero_fill the ranks are 4, 1, 3, 2, under common_only U1 and U3 are first, without both bounding rules U1 always.
    columns = "rating, rating_status, comparison_status, rule_min_rank, rule_max_rank, variant_max_rank"
    assert ranking(home, 2024, columns) == {
        "U1": ("tot", "borderline", "not_comparable", 1, 4, 1),
        "U2": ("kha", "no_interval", "not_comparable", 1, 3, 3),
        "U3": ("kha", "firm", "not_comparable", 1, 3, 3),
        "U4": ("kha", "no_interval", "not_comparable", 2, 4, 4),
    }


def test_every_rule_is_that_of_methods(home: Home) -> None:
    query = "select rule, index_value from cchc.index_by_rule where year = 2024 and agency_id = 'U1'"
    found = {row["rule"]: row["index_value"] for row in read_rows(home, query)}
    assert found == pytest.approx(
        {
            **{"official": 82.857143, "hierarchical": 81.25, "zero_fill": 58, "full_credit": 88, "impute_all": 79},
            **{"impute_group": 79, "common_only": 81.666667, "difficulty_adjusted": 81.021277, "copeland": 2},
            **{"bradley_terry": 0.872063, "geometric": 81.055772},
        },
        abs=1e-6,
    )


def test_contributions_add_up_to_the_distance_from_the_group(home: Home) -> None:
    query = """
        select r.agency_id, r.adjusted_pct - avg(r.adjusted_pct) over (partition by r.year, r.cchc_group) as distance,
            c.by_criterion, a.by_area
        from cchc.ranking as r
        left join (
            select year, agency_id, sum(contribution_points) as by_criterion from cchc.criterion_scores group by all
        ) as c using (year, agency_id)
        left join (select year, agency_id, sum(contribution_points) as by_area from cchc.area_scores group by all)
            as a using (year, agency_id)
        where r.adjusted_pct is not null
    """
    rows = read_rows(home, query)
    assert len(rows) == 5
    for row in rows:
        assert row["by_criterion"] == pytest.approx(row["distance"], abs=1e-9)
        assert row["by_area"] == pytest.approx(row["distance"], abs=1e-9)


def test_the_gap_after_appraisal(home: Home) -> None:
    columns = "n_criteria, self_pct, appraised_pct, inflation_points, n_over, n_under, p_sign, self_group_rank"
    rows = read_rows(home, f"select agency_id, {columns} from cchc.self_assessment_gap where year = 2025")
    found = {row.pop("agency_id"): tuple(row.values()) for row in rows}
    # STP: 5 and 4 of 5 self-given, 4 and 3.5 appraised. H1's appraisal of its one self score is pending.
    assert found["STP"] == (2, 90, 75, 15, 2, 0, 0.5, 1)
    assert found["H1"] == found["NT"] == (0, None, None, None, 0, 0, None, None)
