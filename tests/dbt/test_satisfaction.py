"""The satisfaction marts on forms worked by hand, from landing to marts, in one build."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from reports.dossiers.late import NothingToListError
from reports.satisfaction import words
from reports.satisfaction.figures import read_figures
from tests.support.dbt_home import build_all, make_inputs, read_rows
from tests.support.dbt_registry import registry_tables
from warehouse.config import Home, Settings
from warehouse.engine import DbtProject
from warehouse.publication.staged import DATABASE

AS_OF = date(2025, 11, 30)
METHODS_CHECK: Sequence[tuple[int | None, ...]] = [(5, 4), (4, None), (2, 3), (5, 5)]
NEWER = "6" * 16
Row = dict[str, Any]


def forms(agency: str, answers: Sequence[tuple[int | None, ...]], year: int = 2025, **form: Any) -> list[Row]:
    """A form per tuple of answers to the questions a, b and c (c is not in the index)."""
    version = form.get("questionnaire_version", "v1")
    return [
        {
            "form_id": f"{agency}-{year}-{version}-{form.get('stratum')}-{form.get('sampling_basis')}-{number}",
            "agency_id": agency,
            "questionnaire_id": "QX" if agency.startswith("X") else "QA",
            "questionnaire_version": version,
            "interviewed_date": f"{year}-09-15",
            "investigator_key": "k1:0123",
            "item_code": item,
            "answer": answer,
            "missing_reason": "blank" if answer is None else None,
            **form,
        }
        for number, given in enumerate(answers)
        for item, answer in zip("abc", given, strict=False)
    ]


SURVEY = [
    # methods §3.1, each person ten times; in the year before all were satisfied.
    *forms("S1", [*METHODS_CHECK] * 10),
    *forms("S1", [(4, 4)] * 40, 2024),
    # Never in an index: volunteers, a form of a day not known yet, a form with no answer, an answer outside the index.
    *forms("S1", [(1, 1)] * 5, sampling_basis="volunteer"),
    *forms("S1", [(1, 1)], form_id="tomorrow", interviewed_date="2025-12-01"),
    *forms("S1", [(None, None, 1)], form_id="empty"),
    # The newer load of a form replaces all answers of the older one.
    *forms("S1", [(1, 1)], form_id="again"),
    *forms("S1", [(None, None)], form_id="again", load_id=NEWER),
    # By the size of the strata 75, by forms 50; last year's questionnaire was another version.
    *forms("S2", [(5, 5)] * 20, stratum="large"),
    *forms("S2", [(2, 2)] * 20, stratum="small"),
    *forms("S2", [(5, 5)] * 40, 2024, questionnaire_version="v0"),
    *forms("S3", [(5, 5)] * 12),  # too few for a rank
    *forms("S4", [(5, 5)] * 9),  # too few for a number
    # Not eligible; by the weights of its file 75, by forms 50.
    *({**row, "form_weight": 3 if row["answer"] == 5 else 1} for row in forms("S6", [(5, 5), (2, 2)] * 20)),
    *forms("S7", [(5, None)] * 40),  # a question without answers
    *forms("S7", [(5, 5)] * 9, 2024),  # too few for a number: nothing to compare with
    # Merged after last year's field work; renamed; both surveyed in both years.
    *forms("H1", [(5, 5), (2, 2)] * 20),
    *forms("H1", [(5, 5)] * 40, 2024),
    *forms("H2", [(5, 5), (2, 2)] * 20),
    *forms("OLD", [(5, 5)] * 40, 2024),
    # One factor rests on five answers: it could be computed from the total and the other factor.
    *forms("H3", [*[(5, None)] * 35, *[(2, 2)] * 5]),
    *forms("X1", [(5, 5), (2, 2)] * 20),
    *forms("X2", [(5, 5)] * 40),
    *forms("X3", [*[(5, 5)] * 3, (2, 2)] * 10),
]


def registry() -> Mapping[str, Sequence[Mapping[str, str | None]]]:
    tables = registry_tables()
    agency = tables["agencies"][0]
    kinds = {"S": "so", "H": "huyen", "O": "huyen", "X": "commune"}
    names = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "H1", "H2", "H3", "OLD", "X1", "X2", "X3"]
    # With 40 forms an index about 50 has an interval of 33 points; by the default it would carry no rank.
    policies = [
        {**tables["policy_parameters"][0], "parameter": name, "value": value}
        for name, value in (("min_answered_pct", "50"), ("kg_width_max", "0.40"))
    ]
    questionnaire = {**tables["questionnaires"][0], "questionnaire_id": "QA"}
    item = {**tables["questionnaire_items"][0], "questionnaire_id": "QA"}
    weighted = [
        {**item, "item_code": "a", "factor_code": "F1", "weight": "0.6"},
        {**item, "item_code": "b", "factor_code": "F2", "weight": "0.4"},
        {**item, "item_code": "c", "factor_code": "F0", "is_in_index": "0"},
    ]
    frame = {**tables["survey_frames"][0], "questionnaire_id": "QA", "n_planned": "50"}
    return {
        "agencies": [
            {
                **agency,
                "agency_id": name,
                "unit_kind": kinds[name[0]],
                "block_code": None if name[0] == "X" else kinds[name[0]],
                "district_code": {"X1": "568", "X2": "568", "X3": "569"}.get(name),
                "is_survey_eligible": "0" if name == "S6" else "1",
            }
            for name in names
        ],
        "agency_links": [
            {"predecessor_id": "S4", "successor_id": "H1", "link_kind": "merge", "effective_date": "2025-01-01"},
            {"predecessor_id": "OLD", "successor_id": "H2", "link_kind": "rename", "effective_date": "2025-02-01"},
            {"predecessor_id": "S5", "successor_id": "S1", "link_kind": "merge", "effective_date": "2023-02-01"},
        ],
        "districts": [{**tables["districts"][0], "district_code": code} for code in ("568", "569")],
        "policy_parameters": [
            *(
                row
                for row in tables["policy_parameters"]
                if row["parameter"] not in {policy["parameter"] for policy in policies}
            ),
            *policies,
        ],
        "questionnaires": [
            questionnaire,
            {**questionnaire, "questionnaire_version": "v0"},
            {**questionnaire, "questionnaire_id": "QX", "population": "communes", "index_form": "all_satisfied"},
        ],
        "questionnaire_items": [
            *weighted,
            *({**row, "questionnaire_version": "v0"} for row in weighted),
            *({**row, "questionnaire_id": "QX", "weight": None} for row in weighted[:2]),
        ],
        "survey_frames": [
            {**frame, "agency_id": name} for name in ("S1", "S2", "S3", "S4", "S5", "S6", "S7", "H1", "H2")
        ],
        "survey_strata": [
            {"year": "2025", "agency_id": "S2", "stratum": stratum, "frame_count": size}
            for stratum, size in (("large", "300"), ("small", "100"))
        ],
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("survey")
    home = make_inputs(root, survey=SURVEY, registry=registry(), as_of=AS_OF)
    build_all(DbtProject(Settings(home=root)), home)
    return home


def rounded(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [tuple(round(value, 6) if isinstance(value, float) else value for value in row.values()) for row in rows]


def test_the_six_forms_are_those_of_methods(home: Home) -> None:
    query = "select index_form, estimate_pct from satisfaction.index_by_agency where agency_id = 'S1' and year = 2025"
    assert dict(rounded(read_rows(home, query))) == {
        "mean_minmax": 75,
        "mean_of_five": 80,
        "top2_weighted": 71.666667,
        "top2_pooled": 71.428571,
        "respondent_mean": 75,
        "all_satisfied": 75,
    }


def test_an_index_has_its_counts_status_rank_and_change(home: Home) -> None:
    query = (
        "select agency_id, estimate_pct, n_collected, n_valid, estimate_status, rank_status, score_rank, block_rank, "
        "previous_estimate_pct, diff_points, comparison_reason, flags from satisfaction.index_by_agency "
        "where year = 2025 and is_official_form and population = 'agencies' order by agency_id"
    )
    ranked, few, lent, alike = "ranked", "low_reliability", "variance_moderated", "no_difference_between_units"
    assert rounded(read_rows(home, query)) == [
        ("H1", 50.0, 40, 40, "ok", ranked, 5, 2, None, None, "unit_merged", alike),
        ("H2", 50.0, 40, 40, "ok", ranked, 5, 2, 100.0, -50.0, None, alike),
        ("H3", 52.5, 40, 40, "ok", ranked, 4, 1, None, None, "no_data", f"{alike};not_framed;rr_unknown"),
        ("S1", 71.666667, 42, 40, "ok", ranked, 3, 3, 100.0, -28.333333, None, "volunteers_left_out"),
        # In each stratum of S2 all answer alike, as they do in S3 and S7: the block lends them its variance.
        ("S2", 75.0, 40, 40, lent, ranked, 2, 2, None, None, "questionnaire_version", None),
        ("S3", 100.0, 12, 12, lent, few, None, None, None, None, "no_data", None),
        ("S4", None, 9, 9, "suppressed", "not_eligible", None, None, None, None, "no_data", None),
        ("S5", None, 0, 0, "no_data", "not_eligible", None, None, None, None, "no_data", None),
        ("S6", 75.0, 40, 40, "ok", "not_eligible", None, None, None, None, "no_data", None),
        ("S7", 100.0, 40, 40, lent, ranked, 1, 1, None, None, "no_data", "question_missing"),
    ]


def test_bounds_cover_the_answers_of_those_not_reached(home: Home) -> None:
    query = (
        "select response_rate_pct, bound_lo, bound_hi from satisfaction.index_by_agency "
        "where agency_id = 'S2' and year = 2025 order by bound_lo nulls last"
    )
    assert rounded(read_rows(home, query))[:2] == [(80.0, 60.0, 80.0), (80.0, None, None)]


def test_a_factor_that_the_total_would_give_away_is_withheld(home: Home) -> None:
    query = (
        "select agency_id, factor_code, estimate_pct, n_valid, estimate_status from satisfaction.index_by_factor "
        "where year = 2025 and is_official_form and agency_id in ('H3', 'S1', 'S7') order by agency_id, factor_code"
    )
    assert rounded(read_rows(home, query)) == [
        ("H3", "F1", None, 40, "suppressed"),
        ("H3", "F2", None, 5, "suppressed"),
        ("S1", "F1", 75.0, 40, "ok"),
        ("S1", "F2", 66.666667, 30, "ok"),
        ("S7", "F1", 100.0, 40, "variance_moderated"),
        ("S7", "F2", None, 0, "no_data"),
    ]


def test_means_are_taken_over_eligible_units_with_a_published_index(home: Home) -> None:
    blocks = (
        "select block_code, n_agencies, n_valid, estimate_pct, min_agency_id, max_agency_id, previous_estimate_pct, "
        "diff_points from satisfaction.index_by_block where year = 2025 and index_form = 'top2_weighted' order by 1"
    )
    # In 2024 the departments answered two versions, so there is nothing to compare with; districts one.
    assert rounded(read_rows(home, blocks)) == [
        ("huyen", 3, 120, 50.833333, "H1", "H3", 100.0, -49.166667),
        ("so", 4, 132, 86.666667, "S1", "S3", None, None),
    ]
    populations = (
        "select population, index_form, n_units, n_valid, estimate_pct from satisfaction.index_by_population "
        "where year = 2025 and is_official_form order by 1"
    )
    assert rounded(read_rows(home, populations)) == [
        ("agencies", "top2_weighted", 7, 252, 71.309524),
        ("communes", "all_satisfied", 3, 120, 75.0),
    ]
    districts = (
        "select district_code, n_communes, estimate_pct, score_rank from satisfaction.index_by_district "
        "where is_official_form order by 1"
    )
    assert rounded(read_rows(home, districts)) == [("568", 2, 75.0, 1), ("569", 1, 75.0, 1)]


def test_field_work_counts_every_form_once(home: Home) -> None:
    query = (
        "select n_planned, n_issued, n_collected, n_valid, n_volunteer, straight_line_pct, all_top_pct "
        "from satisfaction.fieldwork where year = 2025 and agency_id in ('S1', 'S4') order by agency_id"
    )
    assert rounded(read_rows(home, query)) == [(50, 45, 42, 40, 5, 50.0, 25.0), (50, 45, 9, 9, 0, None, None)]
    answers = "select answer, missing_reason, weight from core.fct_survey_answer where form_id = 'again'"
    assert rounded(read_rows(home, answers)) == [(None, "blank", None)] * 2


def test_a_standard_error_is_that_of_methods(home: Home) -> None:
    # methods §3.1: 15.5605151 and 27.1768329 of four persons; each ten times over has 3/39 of these variances.
    query = (
        "select index_form, se, df, n_eff, deff from satisfaction.index_by_agency "
        "where agency_id = 'S1' and year = 2025 and index_form in ('mean_minmax', 'top2_weighted') order by 1"
    )
    scale = (3 / 39) ** 0.5
    # n_e of a share is p(1-p)/SE²; the mean of a simple sample counts all its forms.
    n_eff = 0.716666667 * 0.283333333 / (0.271768329 * scale) ** 2
    assert rounded(read_rows(home, query)) == [
        ("mean_minmax", round(15.5605151 * scale, 6), 39, 40, 1),
        ("top2_weighted", pytest.approx(27.1768329 * scale, abs=1e-6), 39, pytest.approx(n_eff, abs=1e-5), 1),
    ]


def test_an_agency_is_compared_with_its_own_past_only_as_far_as_chance_allows(home: Home) -> None:
    query = (
        "select agency_id, comparison_status, p_holm < 0.05 as is_clear, "
        "diff_lo < diff_points and diff_points < diff_hi as is_inside from satisfaction.index_by_agency "
        "where year = 2025 and is_official_form and agency_id in ('H1', 'H2', 'S1') order by 1"
    )
    assert rounded(read_rows(home, query)) == [
        ("H1", "not_comparable", None, None),
        ("H2", "declined", True, True),
        ("S1", "declined", True, True),
    ]


def test_answers_are_shown_by_item_unless_they_tell_what_a_person_said(home: Home) -> None:
    query = (
        "select agency_id, item_code, n_1, n_2, n_3, n_4, n_5, n_blank, mean, top2_pct, estimate_status "
        "from satisfaction.item_distribution where year = 2025 "
        "and agency_id in ('S1', 'S3', 'S4', 'S7', 'H3') order by 1, 2"
    )
    nothing = (None,) * 8
    assert rounded(read_rows(home, query)) == [
        # F2 of H3 rests on five answers, so F1 is withheld with it; c is in no factor of the index.
        ("H3", "a", *nothing, "suppressed"),
        ("H3", "b", *nothing, "suppressed"),
        ("H3", "c", 0, 0, 0, 0, 0, 0, None, None, "no_data"),
        ("S1", "a", 0, 10, 0, 10, 20, 0, 4.0, 75.0, "ok"),
        ("S1", "b", 0, 0, 10, 10, 10, 10, 4.0, pytest.approx(200 / 3), "ok"),
        ("S1", "c", 0, 0, 0, 0, 0, 0, None, None, "no_data"),
        # Twelve equal answers tell what each of the twelve said, nine are too few.
        ("S3", "a", *nothing, "suppressed"),
        ("S3", "b", *nothing, "suppressed"),
        ("S3", "c", 0, 0, 0, 0, 0, 0, None, None, "no_data"),
        ("S4", "a", *nothing, "suppressed"),
        ("S4", "b", *nothing, "suppressed"),
        ("S4", "c", 0, 0, 0, 0, 0, 0, None, None, "no_data"),
        ("S7", "a", 0, 0, 0, 0, 40, 0, 5.0, 100.0, "ok"),
        ("S7", "b", 0, 0, 0, 0, 0, 40, None, None, "no_data"),
        ("S7", "c", 0, 0, 0, 0, 0, 0, None, None, "no_data"),
    ]


def test_an_index_is_explained_in_words(home: Home) -> None:
    home.current.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(home.build_db, home.current / DATABASE)
    figures = read_figures(home, "S1", None)
    assert figures.index["year"] == 2025
    assert words.describe_number(figures.index).startswith("71,67%")
    assert words.describe_asked(figures.index) == "kế hoạch 50 phiếu, thu về 42, hợp lệ 40, đạt 80,0%"
    assert "có thể từ hạng" in words.describe_rank(figures.index)
    assert "100,00% năm trước, −28,33 điểm" in words.describe_change(figures.index)
    assert "giảm, và mức giảm lớn hơn dao động ngẫu nhiên" in words.describe_change(figures.index)
    # The others answer both items better; item a 75 of S2, S6 and 100 of S7 (S3 is withheld), item b 75 of S2 and S6.
    assert [(item["item_code"], item["top2_pct"], item["peer_pct"]) for item in figures.items] == [
        ("b", pytest.approx(200 / 3), 75.0),
        ("a", 75.0, pytest.approx((75 + 75 + 100) / 3)),
    ]
    withheld = read_figures(home, "S4", 2025).index
    assert words.describe_number(withheld).startswith("không có chỉ số")
    with pytest.raises(NothingToListError, match="years with one: 2024, 2025"):
        read_figures(home, "S1", 1999)
