"""Criteria sets, rating bands, questionnaires and frames of a registry: refused faults, and the content of the demo."""

from __future__ import annotations

import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.registry.registry import check_registry
from tests.support.registries import THREE_AGENCIES, append, demo_rows, edit

# What a province needs that sends dossiers only; the other tables may hold their header line alone.
FOR_DOSSIERS = {
    *("agencies", "agency_aliases", "blocks", "calendar_overrides", "districts", "labels", "policy_parameters"),
    "procedures",
}


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return Path(shutil.copytree(THREE_AGENCIES, tmp_path / "registry"))


# Every case: file, what stands there once, what replaces it, and the beginning and a later part of the message.
CASES = {
    "no points": (
        "criteria.csv", ",2.5,,process,", ",0,,process,",
        "criteria.csv, line 4, column max_points: '0' ", "more than 0",
    ),
    "another name of the area": (
        "criteria.csv", "Chỉ đạo điều hành,1.10,", "Chỉ đạo,1.10,",
        "criteria.csv, line 4, column area_name: 'Chỉ đạo' ", "Write 'Chỉ đạo điều hành'",
    ),
    "criterion given twice": (
        "criteria.csv", ",1.10,", ",1.1,",
        "criteria.csv, line 4, column set_id: 'TN_2021' ", "line 2 again ('TN_2021' + '1.1')",
    ),
    "no measure": (
        "criteria.csv", ",on_time_pct,", ",,",
        "criteria.csv, line 6, column measure: '' ", "Use one of: on_time_pct, online_pct",
    ),
    "measure of an appraised criterion": (
        "criteria.csv", "deduct,,", "deduct,on_time_pct,",
        "criteria.csv, line 3, column measure: 'on_time_pct' ", "Leave it empty",
    ),
    "measure of another source": (
        "criteria.csv", ",on_time_pct,", ",satisfaction_index,",
        "criteria.csv, line 6, column measure: 'satisfaction_index' ", "scored_by dossier",
    ),
    "factor index without a factor": (
        "criteria.csv", "factor_index,N2,", "factor_index,,",
        "criteria.csv, line 9, column factor_code: '' ", "exactly where the measure is factor_index",
    ),
    "factor that nobody is asked about": (
        "criteria.csv", "factor_index,N2,", "factor_index,N0,",
        "criteria.csv, line 9, column factor_code: 'N0' ", "questionnaire_items.csv",
    ),
    "survey-scored for everybody": (
        "criteria.csv", ",8,,impact,survey,survey,", ",8,,impact,survey,none,",
        "criteria.csv, line 8, column requires: 'none' ", "Use survey exactly where scored_by is survey",
    ),
    "thresholds crossed": (
        "criteria.csv", ",90,55,", ",50,55,",
        "criteria.csv, line 6, column zero_below: '55' ", "above full_from 50",
    ),
    "exclusion from what applies to everybody": (
        "exclusions.csv", "T99.02,subordinate_units,", "T99.02,none,",
        "exclusions.csv, line 2, column requires: 'none' ", "Use one_stop",
    ),
    "no rating below a floor": (
        "rating_bands.csv", "huyen,khong_dat,0,", "huyen,khong_dat,10,",
        "rating_bands.csv, line 7, column floor_inclusive: '10' ", "Let the lowest rating begin at 0",
    ),
    "two ratings from one floor": (
        "rating_bands.csv", "huyen,dat,45,", "huyen,dat,80.0,",
        "rating_bands.csv, line 6, column floor_inclusive: '80.0' ", "line 5 too, on the same day (TN_2021 huyen)",
    ),
    "scheme without bands": (
        "policy_parameters.csv", "rating_scheme,TN_2021,", "rating_scheme,TN_2020,",
        "policy_parameters.csv, line 18, column value: 'TN_2020' ", "Use one of: TN_2021",
    ),
    "item of another version": (
        "questionnaire_items.csv", "PKS,2,c1,", "PKS,3,c1,",
        "questionnaire_items.csv, line 7, column questionnaire_version: '3' ", "with questionnaire_id 'PKS'",
    ),
    "item without its weight": (
        "questionnaire_items.csv", ",1,0.3", ",1,",
        "questionnaire_items.csv, line 5, column weight: '' ", "to all items of the index, or to none",
    ),
    "weight of an item outside the index": (
        "questionnaire_items.csv", "muc5,0,", "muc5,0,0.1",
        "questionnaire_items.csv, line 7, column weight: '0.1' ", "outside the index",
    ),
    "scale without labels": (
        "questionnaire_items.csv", ",muc5_nguoc,", ",muc6,",
        "questionnaire_items.csv, line 6, column scale: 'muc6' ", "scale_labels.csv",
    ),
    "label that is an answer and none": (
        "scale_labels.csv", "muc5,Kém,2,", "muc5,Kém,2,invalid",
        "scale_labels.csv, line 10, column answer: '2' ", "exactly one of answer and missing_reason",
    ),
    "label that is nothing": (
        "scale_labels.csv", "muc5,Kém,2,", "muc5,Kém,,",
        "scale_labels.csv, line 10, column answer: '' ", "exactly one of answer and missing_reason",
    ),
    "answer above the scale": (
        "scale_labels.csv", "muc5,Kém,2,", "muc5,Kém,6,",
        "scale_labels.csv, line 10, column answer: '6' ", "The most is 5",
    ),
    "two labels read alike": (
        "scale_labels.csv", "muc5,Rất kém,1,", "muc5,KÉM,1,",
        "scale_labels.csv, line 11, column label: 'KÉM' ", "read like line 10 of scale muc5",
    ),
    "frame of an unknown agency": (
        "survey_frames.csv", "2024,T99.03,", "2024,T99.04,",
        "survey_frames.csv, line 4, column agency_id: 'T99.04' ", "agencies.csv",
    ),
    "period that ends before it begins": (
        "periods.csv", "2024-12-31", "2023-12-31",
        "periods.csv, line 2, column end_date: '2023-12-31' ", "before start_date 2024-01-01",
    ),
    "delivery for an unknown period": (
        "expected_deliveries.csv", "QUY2_2024", "QUY3_2024",
        "expected_deliveries.csv, line 4, column period_id: 'QUY3_2024' ", "periods.csv",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "place", "hint"), CASES.values(), ids=CASES.keys())
def test_a_wrong_cell_is_named_by_file_line_and_column(
    registry: Path, file: str, old: str, new: str, place: str, hint: str
) -> None:
    edit(registry, file, old, new)
    message = str(check_registry(registry)[0])
    assert message.startswith(place)
    assert hint in message


@pytest.mark.parametrize(
    ("file", "line", "place", "hint"),
    [
        (
            "criteria_sets.csv", "TN_2024,Bộ sau,huyen,2024,,40,,,0,0,QĐ thử nghiệm 09/2024,illustrative",
            "criteria_sets.csv, line 3, column first_year: '2024' ", "of TN_2021 on line 2, for the same group huyen",
        ),
        (
            "criteria_sets.csv", "TN_2011,Bộ trước,so;xa,2011,2020,40,,,0,0,QĐ thử nghiệm 01/2011,illustrative",
            "criteria_sets.csv, line 3, column cchc_groups: 'so;xa' has xa, which is not in ", "Use one of: so, huyen",
        ),
        (
            "criteria_sets.csv", "TN_2011,Bộ trước,so; huyen,2011,2020,40,,,0,0,QĐ thử nghiệm 01/2011,illustrative",
            "criteria_sets.csv, line 3, column cchc_groups: 'so; huyen' is not one value, ", "Write it like so;huyen",
        ),
        (
            "decisions.csv", "QĐ 1/2024,2024-01-31,ranking,2023,,Công bố,illustrative",
            "decisions.csv, line 4, column cchc_groups: '' does not go with decision_kind ranking", "Name the groups",
        ),
        (
            "decisions.csv", "QĐ 1/2024,2024-01-31,award,2023,so,Khen thưởng,illustrative",
            "decisions.csv, line 4, column cchc_groups: 'so' does not go with decision_kind award", "Name the groups",
        ),
        (
            "criteria_links.csv", "TN_2021,1.1,TN_2021,9.9,same",
            "criteria_links.csv, line 2, column to_criterion_code: '9.9' ", "criteria.csv with set_id 'TN_2021'",
        ),
        (
            "criteria_links.csv", "TN_2021,1.1,TN_2021,1.2,dropped",
            "criteria_links.csv, line 2, column to_criterion_code: '1.2' ", "exactly where the relation is dropped",
        ),
        (
            "awards.csv", "2024,collective,T99.01,1,QĐ 99",
            "awards.csv, line 2, column decision_number: 'QĐ 99' ", "decisions.csv",
        ),
    ],
    ids=[
        "two sets of a group in one year", "set of an unknown group", "groups with a space between them",
        "ranking of no group", "award of a group", "link to nothing", "dropped and kept", "award without a decision",
    ],
)  # fmt: skip
def test_a_wrong_row_is_the_only_thing_named(registry: Path, file: str, line: str, place: str, hint: str) -> None:
    append(registry, file, line)
    (problem,) = check_registry(registry)
    assert str(problem).startswith(place)
    assert hint in str(problem)


# Three levels: area D, criterion 1 of two components, criterion 2 right below the area.
LEVELS = """BC,D,Điều hành,1,,Kế hoạch,5,,,,,,,,,,,
BC,D,Điều hành,1.a,1,Ban hành,3,,input,appraisal,none,yes_no,,,,,,ban hành: 3
BC,D,Điều hành,1.b,1,Thực hiện,2,,input,appraisal,none,yes_no,,,,,,thực hiện: 2
BC,D,Điều hành,2,,Báo cáo,4,,input,appraisal,none,yes_no,,,,,,đủ: 4"""
SET_OF_LEVELS = "BC,Bộ ba cấp,huyen,2011,2020,9,,,0,0,QĐ thử nghiệm 01/2011,illustrative"


def test_a_set_may_have_levels_below_its_criteria(registry: Path) -> None:
    append(registry, "criteria_sets.csv", SET_OF_LEVELS)
    append(registry, "criteria.csv", LEVELS)
    assert check_registry(registry) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "hint"),
    [
        ("Kế hoạch,5,", "Kế hoạch,6,", "line 10, column max_points: '6' is not the sum of the rows below it, 5", ""),
        ("BC,D,Điều hành,2,,", "BC,D,Điều hành,2,3,", "line 13, column parent_code: '3' is not a criterion_code", ""),
        ("BC,D,Điều hành,2,,", "BC,D,Điều hành,2,2,", "line 13, column parent_code: '2' stands below itself", "2 > 2"),
        ("BC,D,Điều hành,1.b,", "BC,E,Khác,1.b,", "line 12, column area_code: 'E' is not the area D of", "line 10"),
        ("Kế hoạch,5,,,", "Kế hoạch,5,,input,", "line 10, column kind: 'input' is given on a heading", "others stand"),
        ("2,,input,appraisal,", "2,,,appraisal,", "line 12, column kind: '' is empty", "points stand here"),
    ],
    ids=["sum", "unknown parent", "circle", "area of the parent", "kind of a heading", "no kind of a leaf"],
)
def test_what_is_wrong_between_levels_is_named(registry: Path, old: str, new: str, place: str, hint: str) -> None:
    append(registry, "criteria_sets.csv", SET_OF_LEVELS)
    append(registry, "criteria.csv", LEVELS)
    edit(registry, "criteria.csv", old, new)
    message = str(check_registry(registry)[0])
    assert message.startswith(f"criteria.csv, {place}")
    assert hint in message


def test_the_maxima_of_a_set_add_up_to_its_own(registry: Path) -> None:
    edit(registry, "criteria_sets.csv", ",2021,,40,", ",2021,,41,")
    (problem,) = check_registry(registry)
    assert (problem.file, problem.column, problem.value) == ("criteria_sets.csv", "max_points", "41")
    assert problem.reason == "is not the sum of its criteria, 40.0"


def test_bands_may_change_with_the_years_and_each_year_is_checked(registry: Path) -> None:
    path = registry / "rating_bands.csv"
    old = path.read_text(encoding="utf-8").replace("2021-07-01,,", "2021-07-01,2025-01-01,")
    new = "TN_2021,,dat,50,2025-01-01,,illustrative\nTN_2021,,khong_dat,0,2025-01-01,,illustrative\n"
    path.write_text(old + new, encoding="utf-8")
    assert check_registry(registry) == []
    path.write_text(old + new.replace("khong_dat,0,", "khong_dat,5,"), encoding="utf-8")
    (problem,) = check_registry(registry)
    assert (problem.line, problem.column, problem.value) == (9, "floor_inclusive", "5")


def test_a_province_without_bands_needs_no_scheme(registry: Path) -> None:
    bands, parameters = registry / "rating_bands.csv", registry / "policy_parameters.csv"
    lines = parameters.read_text(encoding="utf-8").splitlines(keepends=True)
    parameters.write_text("".join(line for line in lines if not line.startswith("rating_scheme")), encoding="utf-8")
    (problem,) = check_registry(registry)
    assert problem.reason == "the parameter rating_scheme is missing"
    bands.write_text(bands.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert check_registry(registry) == []


def test_a_province_that_sends_dossiers_only_needs_no_surveys_and_no_criteria(registry: Path) -> None:
    for path in (path for path in registry.glob("*.csv") if path.stem not in FOR_DOSSIERS):
        path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert check_registry(registry) == []


def test_the_demo_has_every_unit_of_the_four_populations_once() -> None:
    in_2015 = [row for row in demo_rows("agencies") if row["valid_from"] < "2015-12-31"]
    assert Counter(row["unit_kind"] for row in in_2015) == {
        **{"so": 20, "nganh_doc": 6, "huyen": 8, "dvsn": 8},
        **{"commune": 137, "hospital": 12, "health_station": 137},
    }
    framed = Counter((row["year"], row["questionnaire_id"]) for row in demo_rows("survey_frames"))
    assert framed == {
        **{("2014", "QADM"): 31, ("2015", "QADM"): 31},
        **{("2015", "QCOM"): 137, ("2015", "QHOS"): 12, ("2015", "QSTA"): 137},
    }


@pytest.mark.parametrize(
    ("set_id", "coverage"),
    [
        ("DEMO_2015", {65: 1, 83: 9, 85: 1, 92: 1, 95: 6, 100: 24}),
        ("DEMO_2016", {52: 1, 72: 9, 75: 1, 93: 1, 95: 6, 100: 24}),
    ],
)
def test_the_exclusions_of_the_demo_leave_the_printed_coverage(set_id: str, coverage: dict[int, int]) -> None:
    needed: Counter[str] = Counter()
    for row in demo_rows("criteria"):
        if row["set_id"] == set_id:
            needed[row["requires"]] += int(Decimal(row["max_points"]))
    assert needed.total() == 100
    left = {row["agency_id"]: 100 for row in demo_rows("agencies") if row["cchc_group"]}
    for row in demo_rows("exclusions"):
        left[row["agency_id"]] -= needed[row["requires"]]
    assert Counter(left.values()) == coverage


def test_the_awards_of_the_demo_are_those_of_the_conference_report() -> None:
    given: Counter[str] = Counter()
    for row in demo_rows("awards"):
        given[row["award_kind"]] += int(row["n_recipients"])
    assert given == {"collective": 22, "individual": 21}


def test_a_name_that_two_districts_share_leads_nowhere_without_its_district() -> None:
    aliases = {row["alias"].casefold() for row in demo_rows("agency_aliases")}
    assert "vĩnh hòa" in aliases
    assert not aliases & {"vạn thắng", "xã vạn thắng", "ubnd xã vạn thắng", "vạn thạnh", "trạm y tế vạn thắng"}
