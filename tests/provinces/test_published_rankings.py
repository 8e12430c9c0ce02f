"""Rankings that others published, and one with two sets in a year worked by hand, from their workbooks to the marts."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt_home import read_rows
from tests.support.workbook_provinces import (
    agency,
    build_ranking,
    criteria_set,
    criterion,
    write_appraisal,
    write_registry,
)
from warehouse.config import Home

PUBLISHED = Path(__file__).parent / "published"
TITLE = "BẢNG TỔNG HỢP KẾT QUẢ THẨM ĐỊNH CẢI CÁCH HÀNH CHÍNH NĂM {year}"
HEADERS = ("Đơn vị", "Mã tiêu chí", "Điểm tối đa", "Điểm thẩm định")
DIMENSIONS = [f"C0{number}" for number in range(1, 9)]


def read_published(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def poured(folder: Path, tables: Mapping[str, Any], deliver: Callable[[Path], None]) -> Home:
    deliver(folder / "home" / "inbox" / "assessments")
    night, home = build_ranking(folder / "home", write_registry(folder / "registry", tables))
    assert {(load.original_name, load.verdict_status, load.reason) for load in night.loads} == {
        (load.original_name, "accepted", None) for load in night.loads
    }
    return home


@pytest.fixture(scope="module")
def binh_duong(tmp_path_factory: pytest.TempPathFactory) -> Home:
    rows = read_published("binhduong_cchc_2017_huyen.csv")
    tables = {
        "agencies": [agency(f"BD{row['rank']}", row["unit"], "huyen") for row in rows],
        "criteria_sets": [criteria_set("BD17", "huyen", "2017", "100")],
        "criteria": [
            criterion("BD17", "TD", "65"),
            criterion("BD17", "XHH", "35", scored_by="survey", measure="typed"),
        ],
    }
    lines = [
        (row["unit"], code, most, row[column])
        for row in rows
        for code, most, column in (
            ("TD", "65", "appraisal_score_max65"),
            ("XHH", "35", "survey_score_max35"),
        )
    ]
    return poured(
        tmp_path_factory.mktemp("binh_duong"),
        tables,
        lambda inbox: write_appraisal(inbox / "tham_dinh_2017.csv", TITLE.format(year=2017), HEADERS, lines),
    )


def test_the_districts_of_binh_duong_have_their_published_points_and_ranks(binh_duong: Home) -> None:
    columns = "appraisal_points, survey_points, earned_points, official_pct, group_rank, rating, rating_scheme"
    rows = read_rows(binh_duong, f"select agency_id, {columns} from cchc.ranking")
    found = {row["agency_id"]: row for row in rows}
    published = read_published("binhduong_cchc_2017_huyen.csv")
    assert len(found) == len(published) == 9
    for row in published:
        own = found[f"BD{row['rank']}"]
        assert own["appraisal_points"] == Decimal(row["appraisal_score_max65"])
        assert own["survey_points"] == Decimal(row["survey_score_max35"])
        assert own["earned_points"] == Decimal(row["total_max100"])
        assert own["official_pct"] == pytest.approx(float(row["index_pct"]), abs=1e-12)
        assert (own["group_rank"], own["rating"], own["rating_scheme"]) == (int(row["rank"]), None, None)
    assert round(sum(row["official_pct"] for row in found.values()) / 9, 2) == 78.39


@pytest.fixture(scope="module")
def papi(tmp_path_factory: pytest.TempPathFactory) -> Home:
    rows = read_published("papi_2011_2024_dimensions.csv")
    names = {row["province_code"]: row["province"] for row in rows}
    tables = {
        "agencies": [agency(code, name, "tinh") for code, name in names.items()],
        "criteria_sets": [
            {**criteria_set("PAPI6", "tinh", "2011", "60"), "last_year": "2017"},
            criteria_set("PAPI8", "tinh", "2018", "80"),
        ],
        "criteria": [
            *(criterion("PAPI6", code, "10", area=code) for code in DIMENSIONS[:6]),
            *(criterion("PAPI8", code, "10", area=code) for code in DIMENSIONS),
        ],
    }

    def deliver(inbox: Path) -> None:
        for year in map(str, range(2011, 2025)):
            asked = DIMENSIONS[: 6 if year < "2018" else 8]
            lines = [(row["province"], code, "10", row[code]) for row in rows if row["year"] == year for code in asked]
            write_appraisal(inbox / f"tham_dinh_{year}.csv", TITLE.format(year=year), HEADERS, lines)

    return poured(tmp_path_factory.mktemp("papi"), tables, deliver)


def test_papi_has_the_totals_and_ranks_of_all_provinces(papi: Home) -> None:
    columns = "year, agency_id, set_id, earned_points, official_pct, group_rank, estimate_status, diff_points"
    found = {
        (str(row["year"]), row["agency_id"]): row for row in read_rows(papi, f"select {columns} from cchc.ranking")
    }
    published = {(row["year"], row["province_code"]): row for row in read_published("papi_2011_2024_dimensions.csv")}
    assert found.keys() == published.keys()
    assert len(found) == 14 * 63
    for key, row in published.items():
        own = found[key]
        if not row["total"]:
            assert (own["official_pct"], own["group_rank"], own["estimate_status"]) == (None, None, "data_missing")
            continue
        assert own["earned_points"] == Decimal(row["total"]), key
        assert own["group_rank"] == int(row["rank_computed"]), key
        # Six dimensions are another set than eight.
        before = published.get((str(int(key[0]) - 1), key[1]), {}).get("total") if key[0] != "2018" else None
        expected = (Decimal(row["total"]) - Decimal(before)) / (8 if key[0] > "2018" else 6) * 10 if before else None
        assert own["diff_points"] == (pytest.approx(float(expected), abs=1e-9) if expected is not None else None)


@pytest.fixture(scope="module")
def two_sets(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Departments with three levels, bonus and penalty; communes with two levels and a survey that others make."""
    tables = {
        "agencies": [
            *(agency(f"SO{n}", f"Sở Thử {n}", "so") for n in (1, 2)),
            *(agency(f"XA{n}", f"UBND xã Thử {n}", "xa") for n in (1, 2)),
        ],
        "criteria_sets": [
            criteria_set("SO25", "so", "2025", "20", max_bonus="1.5", max_penalty="2"),
            criteria_set("XA25", "xa", "2025", "10"),
        ],
        "criteria": [
            criterion("SO25", "1", "6", scored_by=""),
            criterion("SO25", "1.1", "4", parent_code="1"),
            criterion("SO25", "1.2", "2", parent_code="1"),
            criterion("SO25", "2", "4"),
            criterion("SO25", "C01", "10", area="B", scored_by=""),
            criterion("SO25", "C01.a", "6", area="B", parent_code="C01"),
            criterion("SO25", "C01.b", "4", area="B", parent_code="C01"),
            criterion("SO25", "T1", "2", area="T", kind="bonus"),
            criterion("SO25", "P1", "3", area="T", kind="penalty"),
            criterion("XA25", "1", "5"),
            criterion("XA25", "I.2", "5", scored_by="survey", measure="typed"),
        ],
        "decisions": [
            {
                "decision_number": "9/QĐ-UBND",
                "decision_date": "2025-12-31",
                "decision_kind": "ranking",
                "subject_year": "2025",
                "cchc_groups": "so",
                "title": "Công bố",
                "basis": "worked by hand",
            }
        ],
    }

    def deliver(inbox: Path) -> None:
        rounds = ("Đơn vị", "Mã tiêu chí", "Tiêu chí", "Điểm tối đa", "Thẩm định lần 1", "Thẩm định lần 2")
        lines = [
            ("Sở Thử 1", "1", "Kế hoạch", "6", "", ""),
            *(("", code, "", most, given, "") for code, most, given in (("1.1", "4", "4"), ("1.2", "2", "2"))),
            ("", "2", "Tổng số văn bản", "4", "4", ""),
            ("", "C01", "Kết quả", "10", "", ""),
            *(("", code, "", most, given, "") for code, most, given in (("C01.a", "6", "6"), ("C01.b", "4", "3,5"))),
            ("", "T1", "Sáng kiến", "2", "2", ""),
            ("", "P1", "Vi phạm", "3", "", ""),
            ("Sở Thử 2", "1", "Kế hoạch", "6", "", ""),
            *(("", code, "", most, given, "") for code, most, given in (("1.1", "4", "3"), ("1.2", "2", "1,5"))),
            ("", "2", "Tổng số văn bản", "4", "1", "2"),
            ("", "C01", "Kết quả", "10", "", ""),
            *(
                ("", code, "", most, given, "")
                for code, most, given in (("C01.a", "6", "4,123456"), ("C01.b", "4", "4"))
            ),
            ("", "P1", "Vi phạm", "3", "-3", ""),
        ]
        write_appraisal(inbox / "tham_dinh_so_2025.csv", TITLE.format(year=2025), rounds, lines)
        communes = [
            *(("UBND xã Thử 1", "1", "5", "4"), ("", "I.2", "5", "4,5")),
            *(("UBND xã Thử 2", "1", "5", "5"), ("", "I.2", "5", "")),
        ]
        write_appraisal(inbox / "tham_dinh_xa_2025.csv", TITLE.format(year=2025), HEADERS, communes)

    return poured(tmp_path_factory.mktemp("two_sets"), tables, deliver)


def test_two_sets_of_one_year_are_two_rankings(two_sets: Home) -> None:
    columns = (
        "agency_id, set_id, stage, earned_points, max_points, appraisal_points, survey_points, bonus_points, "
        "penalty_points, official_pct, group_rank, bound_lo, bound_hi, estimate_status"
    )
    found = [
        tuple(row.values()) for row in read_rows(two_sets, f"select {columns} from cchc.ranking order by agency_id")
    ]
    points = [tuple(None if value is None else float(value) for value in row[3:9]) for row in found]
    # SO1: 4 + 2 + 4 + 6 + 3.5 = 19.5, bonus 2 of at most 1.5: 21 of 20, an index that ends at 100.
    # SO2: 3 + 1.5 + 2 (round 2) + 4.123456 + 4 = 14.623456, penalty 3 of at most 2.
    assert points == [
        (21, 20, 19.5, 0, 1.5, 0),
        (12.623456, 20, 14.623456, 0, 0, 2),
        (8.5, 10, 4, 4.5, 0, 0),
        (5, 10, 5, 0, 0, 0),
    ]
    assert [(*row[:3], *row[9:]) for row in found] == [
        ("SO1", "SO25", "final", 100, 1, 97.5, 97.5, "ok"),
        ("SO2", "SO25", "final", pytest.approx(63.11728, abs=1e-9), 2, *(pytest.approx(73.11728, abs=1e-9),) * 2, "ok"),
        ("XA1", "XA25", "provisional", 85, 1, 85, 85, "ok"),
        ("XA2", "XA25", "provisional", None, None, 50, 100, "data_missing"),
    ]
    flags = {row["agency_id"]: row["flags"] for row in read_rows(two_sets, "select agency_id, flags from cchc.ranking")}
    assert "index_limited" in flags["SO1"]
    assert "survey_points_missing" in flags["XA2"]


def test_the_middle_level_adds_up_its_components(two_sets: Home) -> None:
    query = "select agency_id, criterion_code, level, earned_points, max_points, score_pct, group_mean_pct"
    rows = read_rows(two_sets, f"{query} from cchc.criterion_group_scores order by agency_id, criterion_code")
    assert [tuple(float(v) if isinstance(v, Decimal) else v for v in row.values()) for row in rows] == [
        ("SO1", "1", 2, 6, 6, 100, 87.5),
        ("SO1", "C01", 2, 9.5, 10, 95, pytest.approx(88.11728, abs=1e-9)),
        ("SO2", "1", 2, 4.5, 6, 75, 87.5),
        ("SO2", "C01", 2, 8.123456, 10, pytest.approx(81.23456, abs=1e-9), pytest.approx(88.11728, abs=1e-9)),
    ]


def test_the_sets_are_published_with_their_groups_levels_and_rounds(two_sets: Home) -> None:
    columns = "set_id, cchc_group, valid_from_year, max_points, max_bonus, max_penalty, decision_number"
    sets = read_rows(two_sets, f"select {columns} from core.criteria_set order by set_id")
    assert [tuple(row.values()) for row in sets] == [
        ("SO25", "so", 2025, Decimal(20), Decimal("1.5"), Decimal(2), "QĐ SO25"),
        ("XA25", "xa", 2025, Decimal(10), None, None, "QĐ XA25"),
    ]
    levels = read_rows(
        two_sets, "select criterion_code, parent_code, level, is_leaf from core.dim_criterion order by all"
    )
    assert ("1", None, 2, False) in [tuple(row.values()) for row in levels]
    assert ("C01.a", "C01", 3, True) in [tuple(row.values()) for row in levels]
    query = (
        "select round_no, given_points, is_counted from core.fct_criterion_round "
        "where agency_id = 'SO2' and criterion_code = '2' order by round_no"
    )
    assert [tuple(row.values()) for row in read_rows(two_sets, query)] == [
        (1, Decimal(1), False),
        (2, Decimal(2), True),
    ]
