from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from reports.format import format_below_vi, format_points_vi, format_signed_vi
from reports.page.summary import write_summary
from tests.reports.test_summary import MARTS, Page
from tests.support.conference_marts import EMPTY_MARTS, insert, insert_all

LABELS = """
INSERT INTO core.label VALUES
    ('population', 'agencies', 'Cơ quan hành chính', 1), ('population', 'communes', 'UBND cấp xã', 2),
    ('population', 'hospitals', 'Bệnh viện', 3), ('index_form', 'top2_weighted', 'Tỷ lệ hài lòng có trọng số', 1),
    ('block_code', 'so', 'Các sở', 1), ('block_code', 'thue', 'Thuế', 2), ('block_code', 'bhxh', 'Bảo hiểm', 3),
    ('factor_code', 'F1', 'Tiếp cận dịch vụ', 1), ('factor_code', 'F5', 'Góp ý', 5),
    ('estimate_status', 'suppressed', 'Không công bố do số lượng nhỏ', 1),
    ('estimate_status', 'data_missing', 'Chờ số liệu', 2),
    ('rank_status', 'low_reliability', 'Độ tin cậy thấp', 1), ('rank_status', 'ranked_marked', 'Có đánh dấu', 2),
    ('rating', 'tot', 'Tốt', 1), ('rating', 'kha', 'Khá', 2), ('rating', 'yeu', 'Yếu', 3),
    ('cchc_group', 'so', 'Sở, ban, ngành', 1), ('cchc_group', 'huyen', 'UBND cấp huyện', 2),
    ('scored_by', 'appraisal', 'Thẩm định', 1), ('scored_by', 'survey', 'Điều tra xã hội học', 2),
    ('exclusion_reason', 'no_iso', 'Không áp dụng ISO', 1), ('exclusion_class', 'no_mandate', 'Không có nhiệm vụ', 1),
    ('comparison_reason', 'no_data', 'Không có số năm trước', 1), ('source', 'assessments', 'Bảng điểm CCHC', 1);
INSERT INTO core.agency VALUES
    ('SCT', 'Sở <Công Thương>', 'SCT', 'so', NULL), ('SNV', 'Sở Nội vụ', 'Sở NV', 'so', NULL),
    ('CT', 'Cục Thuế', 'Thuế', 'nganh_doc', NULL), ('BH', 'Bảo hiểm xã hội', 'BHXH', 'nganh_doc', NULL),
    ('X1', 'Xã An Bình', 'An Bình', 'commune', 'H568'), ('BV1', 'BV Da liễu', 'BV1', 'hospital', NULL),
    ('BV2', 'BV Vạn Ninh', 'BV2', 'hospital', NULL);
"""

OFFICIAL = {"year": 2015, "index_form": "top2_weighted", "is_official_form": True}


def fill_satisfaction(connection: duckdb.DuckDBPyConnection) -> None:
    insert_all(
        connection,
        "satisfaction.index_by_population",
        OFFICIAL,
        {
            "population": "agencies",
            "n_units": 31,
            "n_valid": 4120,
            "estimate_pct": 75.465,
            "previous_estimate_pct": 74.829,
            "diff_points": 0.636,
        },
        {"population": "communes", "n_units": 137, "n_valid": 5194, "estimate_pct": 78.28},
    )
    # Another index form and another year must not appear.
    insert(
        connection,
        "satisfaction.index_by_population",
        **OFFICIAL | {"is_official_form": False, "index_form": "mean_minmax"},
        population="agencies",
        n_units=31,
        n_valid=1,
        estimate_pct=11.11,
    )
    insert(
        connection,
        "satisfaction.index_by_population",
        **OFFICIAL | {"year": 2014},
        population="agencies",
        n_units=30,
        n_valid=2,
        estimate_pct=22.22,
    )
    ok = {**OFFICIAL, "estimate_status": "ok", "rank_status": "ranked"}
    agencies = {**ok, "population": "agencies", "block_code": "so", "n_planned": 100}
    insert_all(
        connection,
        "satisfaction.index_by_agency",
        agencies,
        {"agency_id": "STP", "estimate_pct": 84.54, "n_valid": 90, "block_rank": 1, "previous_estimate_pct": 83.0},
        {"agency_id": "SXD", "estimate_pct": 84.54, "n_valid": 80, "block_rank": 1},
        {"agency_id": "SNV", "estimate_pct": 68.86, "n_valid": 95, "block_rank": 3},
    )
    insert_all(
        connection,
        "satisfaction.index_by_agency",
        agencies | {"rank_status": "low_reliability"},
        {"agency_id": "SCT", "estimate_pct": 50.0, "n_valid": 24},
        {"agency_id": "BH", "estimate_status": "suppressed", "n_valid": 7, "block_code": "bhxh"},
        {"agency_id": "CT", "rank_status": "ranked", "estimate_pct": 77.0, "n_valid": 60, "block_code": "thue"},
    )
    insert_all(
        connection,
        "satisfaction.index_by_agency",
        ok | {"n_valid": 40},
        {
            "agency_id": "X1",
            "population": "communes",
            "estimate_pct": 70.0,
            "rank_status": "low_reliability",
            "n_valid": 12,
        },
    )
    insert_all(
        connection,
        "satisfaction.index_by_block",
        {"year": 2015, "n_agencies": 1, "n_valid": 60, "index_form": "top2_weighted"},
        {"block_code": "so", "estimate_pct": 75.0, "previous_estimate_pct": 76.2, "diff_points": -1.2},
        {"block_code": "thue", "estimate_pct": 77.0, "previous_estimate_pct": 76.998, "diff_points": 0.002},
        {"block_code": "bhxh", "estimate_pct": 73.0, "previous_estimate_pct": 72.0, "diff_points": 1.0},
        {"block_code": "so", "estimate_pct": 33.33, "index_form": "mean_minmax"},
    )
    insert_all(
        connection,
        "satisfaction.index_by_district",
        OFFICIAL,
        {"district_code": "575", "district_name": "Huyện Khánh Sơn", "n_communes": 8, "estimate_pct": 68.8},
        {"district_code": "572", "district_name": "Thị xã Ninh Hòa", "n_communes": 27, "estimate_pct": 81.2},
        {"district_code": "574", "district_name": "Huyện Diên Khánh", "n_communes": 19, "estimate_pct": 81.2},
    )
    factor = {"year": 2015, "index_form": "top2_weighted", "estimate_status": "ok"}
    insert_all(
        connection,
        "satisfaction.index_by_factor",
        factor,
        *({"agency_id": agency, "factor_code": "F1", "estimate_pct": 80.0} for agency in ("STP", "SXD")),
        {"agency_id": "STP", "factor_code": "F5", "estimate_pct": 70.0},
        {"agency_id": "SXD", "factor_code": "F5", "estimate_pct": 61.1},
    )


def fill_ranking(connection: duckdb.DuckDBPyConnection) -> None:
    insert_all(
        connection,
        "core.dim_criterion",
        {"set_id": "S15", "area_code": "L1", "area_name": "Chỉ đạo", "scored_by": "appraisal", "is_leaf": True},
        {"criterion_code": "1.9", "max_points": 40},
        {"criterion_code": "1.10", "max_points": 40},
        {"criterion_code": "7.5", "max_points": 15, "area_code": "L7", "area_name": "Hiện đại hóa"},
        {
            "criterion_code": "7.6",
            "max_points": 5,
            "area_code": "L7",
            "area_name": "Hiện đại hóa",
            "scored_by": "survey",
        },
    )
    rank = {"year": 2015, "set_id": "S15", "cchc_group": "so", "stage": "provisional", "max_points": 100}
    ranked = {**rank, "estimate_status": "ok", "rank_status": "ranked", "coverage_pct": 100.0}
    insert_all(
        connection,
        "cchc.ranking",
        ranked,
        {
            "agency_id": "SXD",
            "official_pct": 84.996,
            "to_next_floor_points": 0.004,
            "rating": "kha",
            "group_rank": 2,
            "earned_points": Decimal("84.996"),
            "comparison_reason": "no_data",
        },
        {
            "agency_id": "STP",
            "official_pct": 91.005,
            "rating": "tot",
            "group_rank": 1,
            "earned_points": Decimal("91.005"),
            "previous_official_pct": 92.0,
            "diff_points": -0.995,
        },
        {
            "agency_id": "SCT",
            "official_pct": 70.0,
            "rating": "kha",
            "group_rank": 3,
            "earned_points": Decimal(56),
            "max_points": 80,
            "coverage_pct": 80.0,
            "rank_status": "ranked_marked",
            "survey_points": 0,
        },
    )
    insert(
        connection,
        "cchc.ranking",
        **rank,
        agency_id="SNV",
        estimate_status="data_missing",
        rank_status="not_eligible",
        bound_lo=61.25,
        bound_hi=96.5,
        coverage_pct=100.0,
    )
    # A later year without any index is not the latest ranking.
    insert(connection, "cchc.ranking", **rank | {"year": 2016}, agency_id="SNV", estimate_status="no_data")
    same = {"year": 2015, "is_applicable": True}
    insert_all(
        connection,
        "cchc.criterion_scores",
        same,
        *({"agency_id": "SNV", "criterion_code": code} for code in ("1.10", "1.9", "7.6")),
        {"agency_id": "SNV", "criterion_code": "7.5", "final_points": 15},
        {"agency_id": "STP", "criterion_code": "7.6", "final_points": 4},
    )
    insert_all(
        connection,
        "cchc.criterion_scores",
        {"year": 2015, "is_applicable": False, "exclusion_reason": "no_iso", "exclusion_class": "no_mandate"},
        {"agency_id": "SCT", "criterion_code": "7.6", "exclusion_document": "QĐ 1/QĐ-UBND"},
        {"agency_id": "SCT", "criterion_code": "7.5", "exclusion_document": "QĐ 1/QĐ-UBND"},
    )
    insert_all(
        connection,
        "cchc.rating_counts",
        {"year": 2015, "cchc_group": "so"},
        {"rating": "tot", "n_agencies": 1},
        {"rating": "kha", "n_agencies": 2},
        {"rating": "yeu", "n_agencies": 0},
    )


def fill_deliveries(connection: duckdb.DuckDBPyConnection) -> None:
    insert(connection, "core.dim_period", period_id="2015", period_name="Năm 2015")
    insert_all(
        connection,
        "quality.expected_deliveries",
        {"source": "assessments", "period_id": "2015", "expected_by_date": date(2016, 1, 15)},
        {"agency_id": "STP", "delivery_status": "late", "arrived_at": datetime(2016, 1, 20, 9)},
        {"agency_id": "SNV", "delivery_status": "missing"},
        {"agency_id": "SXD", "delivery_status": "arrived", "arrived_at": datetime(2016, 1, 2)},
        {"agency_id": "CT", "delivery_status": "not_due"},
    )


def page_of(folder: Path, statement: str = "SELECT 1") -> Page:
    database, target = folder / "warehouse.duckdb", folder / "summary.html"
    with duckdb.connect(str(database)) as connection:
        for script in (MARTS, EMPTY_MARTS, LABELS):
            connection.execute(script)
        fill_satisfaction(connection)
        fill_ranking(connection)
        fill_deliveries(connection)
        connection.execute(statement)
    assert not write_summary(database, target, province="Tỉnh Thử", loads=[])
    return Page(target.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return page_of(tmp_path_factory.mktemp("conference"))


def test_the_latest_survey_year_is_shown_beside_the_year_before(page: Page) -> None:
    assert page.tables["populations-table"][1:] == [
        ["Cơ quan hành chính", "74,83", "75,47", "+0,64", "31", "4.120", "600"],
        ["UBND cấp xã", "..", "78,28", "..", "137", "5.194", ".."],
    ]
    assert (
        "năm 2015 là 75,47% (bình quân 31 đơn vị, 4.120 phiếu hợp lệ); năm 2014 là 74,83%, chênh lệch +0,64"
        in page.text
    )
    assert "lớn hơn dao động ngẫu nhiên" in page.text
    for other in ("11,11", "22,22", "33,33"):
        assert other not in page.text


def test_blocks_are_ordered_and_directions_are_counted_from_printed_values(page: Page) -> None:
    assert [row[:4] for row in page.tables["blocks-table"][1:]] == [
        ["Thuế", "77,00", "77,00", "0,00"],
        ["Các sở", "76,20", "75,00", "−1,20"],
        ["Bảo hiểm", "72,00", "73,00", "+1,00"],
    ]
    expected = "trong 3 khối có 1 khối tăng (Bảo hiểm), 1 khối giảm (Các sở) và 1 khối không đổi (Thuế)."
    assert expected in page.text
    assert expected in page.pictures[0]["desc"]
    assert not re.search(r"(tăng|giảm) (nhẹ|mạnh)", page.text)


def test_highest_and_lowest_name_ties_and_ignore_units_set_apart(page: Page) -> None:
    assert "Các sở: cao nhất là Sở Tư pháp và Sở Xây dựng (cùng 84,54%), thấp nhất là Sở Nội vụ (68,86%)." in page.text
    assert "cao nhất là thị xã Ninh Hòa và huyện Diên Khánh (cùng 81,20%), thấp nhất là huyện Khánh Sơn" in page.text
    assert [row[0] for row in page.tables["districts-table"][1:]] == [
        "Thị xã Ninh Hòa",
        "Huyện Diên Khánh",
        "Huyện Khánh Sơn",
    ]


def test_units_set_apart_are_named_with_the_reason_and_suppressed_ones_without_figures(page: Page) -> None:
    assert "Cơ quan hành chính – không công bố do số lượng nhỏ (1 đơn vị): Bảo hiểm xã hội." in page.text
    assert "Cơ quan hành chính – độ tin cậy thấp (1 đơn vị): Sở <Công Thương> (50,00%, 24 phiếu)." in page.text
    assert "UBND cấp xã – độ tin cậy thấp (1 đơn vị): Xã An Bình – Nha Trang (70,00%, 12 phiếu)." in page.text


def test_the_weakest_factor_is_named(page: Page) -> None:
    assert page.tables["factors-table-1"][1:] == [["F1 – Tiếp cận dịch vụ", "80,0"], ["F5 – Góp ý", "65,6"]]
    assert "Yếu tố thấp nhất – cơ quan hành chính: F5 góp ý (65,6%)." in page.text
    assert re.findall(r'<td><b class="lowest">([\d,]+)</b>', page.html) == ["65,6"]


def test_ratings_are_counted_and_the_stage_is_shown(page: Page, tmp_path: Path) -> None:
    assert page.tables["ratings-table"] == [
        ["Nhóm", "Tốt", "Khá", "Yếu", "Cộng"],
        ["Sở, ban, ngành", "1", "2", "0", "3"],
        ["Toàn tỉnh", "1", "2", "0", "3"],
    ]
    assert "3 trong 4 cơ quan được xếp loại: 1 Tốt, 2 Khá và 0 Yếu; 1 cơ quan chưa xếp loại." in page.text
    assert "Kết quả tạm tính, chưa có quyết định công nhận" in page.text
    decided = page_of(tmp_path, "UPDATE cchc.ranking SET stage = 'final', decision_number = '395/QĐ-UBND'")
    assert "Kết quả chính thức theo Quyết định số 395/QĐ-UBND" in decided.text
    assert "tạm tính" not in decided.text


def test_agencies_are_sorted_by_rank_and_those_without_an_index_come_last_with_missing_points(page: Page) -> None:
    _, _, *rows = page.tables["group-1-table"]
    assert [row[:7] for row in rows[:3]] == [
        ["1", "Sở Tư pháp", "91,01", "−1,00", "Tốt", "91,01/100", "100,0%"],
        ["2", "Sở Xây dựng", "84,996", "..", "Khá", "85,00/100", "100,0%"],
        ["3*", "Sở <Công Thương>", "70,00", "..", "Khá", "56,00/80", "80,0%"],
    ]
    assert rows[3][2] == (
        "từ 61,25 đến 96,50; còn thiếu điểm: thẩm định 2 tiêu chí (1.9, 1.10); điều tra xã hội học 1 tiêu chí (7.6)"
    )
    assert "Đứng đầu: Sở TP (91,01%); cuối nhóm: SCT (70,00%); cách nhau 21,01 điểm phần trăm." in page.text
    assert "Không so sánh được với năm 2014: 1 cơ quan (không có số năm trước)." in page.text
    assert "* SCT: có đánh dấu (tỷ lệ áp dụng 80,0%)" in page.text


def test_exclusions_are_a_matrix_with_reasons_and_documents(page: Page) -> None:
    assert page.tables["exclusions-table"] == [
        ["Cơ quan", "Tỷ lệ áp dụng", "Số tiêu chí", "L1/80", "L7/20", "Cộng"],
        ["SCT", "80,0%", "2", "·", "20", "20"],
    ]
    assert page.tables["reasons-table"][1:] == [
        ["Không áp dụng ISO (không có nhiệm vụ)", "7.5, 7.6", "20", "QĐ 1/QĐ-UBND", "SCT"]
    ]
    assert "1 trong 4 cơ quan không áp dụng một số tiêu chí; tỷ lệ áp dụng thấp nhất là 80,0%" in page.text
    assert "chia điểm đạt cho tổng điểm tối đa của các tiêu chí mà cơ quan áp dụng" in page.text


def test_missing_deliveries_come_before_late_ones_with_names_and_dates(page: Page) -> None:
    assert page.tables["deliveries-table"][1:] == [
        ["Bảng điểm CCHC", "Năm 2015", "15/01/2016", "Chưa gửi: 1", "Sở Nội vụ"],
        ["Bảng điểm CCHC", "Năm 2015", "15/01/2016", "Gửi muộn: 1", "Sở Tư pháp (gửi 20/01/2016)"],
    ]
    assert "3 trong 4 lượt gửi số liệu đã đến hạn: chưa gửi 1, gửi muộn 1." in page.text


def test_charts_have_tables_and_names_are_escaped(page: Page) -> None:
    assert [picture["title"] for picture in page.pictures] == [
        "Mức độ hài lòng theo khối, năm 2014 và 2015",
        "Mức độ hài lòng năm 2014 và 2015, Các sở",
        "Mức độ hài lòng đối với UBND cấp xã theo huyện, năm 2015",
        "Chỉ số CCHC năm 2015, Sở, ban, ngành",
    ]
    assert {"blocks-table", "block-so-table", "districts-table", "group-1-table"} <= set(page.tables)
    assert "<Công" not in page.html
    links = {value for name, value in page.attributes if name == "href"}
    assert links <= {f"#{value}" for name, value in page.attributes if name == "id"}


def test_no_decimal_point_is_printed(page: Page) -> None:
    # Criterion codes and the method version contain points; counts have groups of three digits after a point.
    printed = re.sub(r"\b(1\.9|1\.10|7\.5|7\.6|2015\.1|\d{1,3}(\.\d{3})+)\b", "", page.text)
    assert re.findall(r"\d\.\d", printed) == []


def test_a_chapter_without_data_is_one_sentence(tmp_path: Path) -> None:
    page = page_of(tmp_path, "DELETE FROM satisfaction.index_by_population; DELETE FROM quality.expected_deliveries")
    assert "chưa có số liệu khảo sát mức độ hài lòng" in page.text
    assert {"populations-table", "deliveries-table"}.isdisjoint(page.tables)
    assert "group-1-table" in page.tables


# A survey of the communes alone is the normal August.
COMMUNES_ONLY = """
DELETE FROM satisfaction.index_by_agency WHERE population <> 'communes';
DELETE FROM satisfaction.index_by_population WHERE population <> 'communes';
DELETE FROM satisfaction.index_by_block;
"""


@pytest.mark.parametrize(
    "statement",
    [
        COMMUNES_ONLY,
        COMMUNES_ONLY + "DELETE FROM satisfaction.index_by_district; DELETE FROM satisfaction.index_by_factor;",
        COMMUNES_ONLY + "DELETE FROM cchc.ranking; DELETE FROM cchc.criterion_scores; DELETE FROM cchc.rating_counts;",
        "DELETE FROM cchc.rating_counts",
        "DELETE FROM cchc.criterion_scores",
        "UPDATE cchc.ranking SET rating = NULL",
        "UPDATE satisfaction.index_by_agency SET estimate_pct = NULL",
        "DELETE FROM satisfaction.index_by_agency",
        "DELETE FROM quality.expected_deliveries",
    ],
)
def test_a_year_with_few_figures_has_a_whole_page(tmp_path: Path, statement: str) -> None:
    page = page_of(tmp_path, statement)
    assert "Không vẽ được" not in page.text
    assert "Tỉnh Thử" in page.text
    if statement.startswith(COMMUNES_ONLY):
        assert [row[0] for row in page.tables["populations-table"][1:]] == ["UBND cấp xã"]
        assert "Cơ quan hành chính" not in page.text


@pytest.mark.parametrize(
    ("value", "floor", "printed"),
    [(89.996, 90.0, "89,996"), (89.99, 90.0, "89,99"), (91.005, None, "91,01"), (89.9999999999, 90.0, "90,00")],
)
def test_an_index_below_a_floor_is_not_printed_on_it(value: float, floor: float | None, printed: str) -> None:
    assert format_below_vi(value, floor, 2) == printed


def test_differences_have_a_sign_and_points_no_trailing_zeros() -> None:
    assert [format_signed_vi(value, 2) for value in (91.635 - 91.0, -0.635, 0.004, -0.004, None)] == [
        "+0,64",
        "−0,64",
        "0,00",
        "0,00",
        "..",
    ]
    assert [format_points_vi(value) for value in (Decimal("95.0000"), Decimal("0.5"), 100.0, None)] == [
        "95",
        "0,5",
        "100",
        "..",
    ]
