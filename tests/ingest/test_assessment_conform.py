"""Self-assessment and appraisal workbooks: values above the table, merged cells, points, rows that are not data."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.contract import load_contracts
from ingest.deliver import write_quarantine
from ingest.readers.headers import HeaderError
from tests.support.small_files import KEY, candidates_of, conform_file, select, write_small_registry, write_workbook

CONTRACT = load_contracts()["assessments"]
TITLES = [["ỦY BAN NHÂN DÂN TỈNH"], ["BẢNG TỰ CHẤM ĐIỂM CẢI CÁCH HÀNH CHÍNH NĂM 2015"], [None, "Đơn vị: Sở Nội vụ"]]
HEADERS = ["TT", "Tiêu chí", "Điểm tối đa", "Điểm tự chấm", "Áp dụng", "Lý do không áp dụng", "Văn bản", "Giải trình"]


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Path:
    return write_small_registry(tmp_path_factory.mktemp("registry"))


def self_assessment(folder: Path, *rows: list, titles: list = TITLES, headers: list = HEADERS) -> Path:
    return write_workbook(folder / "tucham.xlsx", [*titles, headers, *rows])


def test_year_agency_and_kind_come_from_the_titles(tmp_path, registry):
    path = self_assessment(
        tmp_path,
        ["1.1", "Ban hành kế hoạch", 3, "2,5", "Có"],
        ["1.10", "Báo cáo", "2.0", 2, None, None, None, "lời giải trình của Trần Mô Phỏng"],
        ["1.2", "Trang thông tin", 2, None, "Không", "Không có trang thông tin điện tử", "QĐ 12/QĐ-UBND"],
    )
    conformed = conform_file(path, CONTRACT, registry)
    rows = candidates_of(conformed)
    assert {(row["year"], row["agency_id"], row["workbook"]) for row in rows} == {(2015, "SNV", "self_assessment")}
    assert [(row["criterion_code"], row["max_points"], row["self_points"], row["is_applicable"]) for row in rows] == [
        ("1.1", Decimal(3), Decimal("2.5"), True),
        ("1.10", Decimal(2), Decimal(2), None),
        ("1.2", Decimal(2), None, False),
    ]
    assert (rows[2]["exclusion_reason"], rows[2]["exclusion_document"], rows[2]["line"]) == (
        "no_website",
        "QĐ 12/QĐ-UBND",
        7,
    )
    assert (conformed.data_until, conformed.ignored_headers) == (date(2015, 12, 31), [])
    assert "Mô Phỏng" not in str(rows)


def test_area_total_and_signature_rows_are_excluded_with_their_points(tmp_path, registry):
    path = self_assessment(
        tmp_path,
        ["(1)", "(2)", "(3)", "(4)"],
        ["L1", "CHỈ ĐẠO, ĐIỀU HÀNH", 16, "12,5"],
        ["1.1", "Ban hành kế hoạch", 3, 3],
        ["I. SỞ, BAN, NGÀNH"],
        [None, "Tổng cộng", 100, 80.25],
        [None, None, "Khánh Hòa, ngày 10 tháng 01 năm 2016"],
        [None, None, "LÊ MÔ PHỎNG"],
    )
    conformed = conform_file(path, CONTRACT, registry)
    assert conformed.batch.outcomes == {
        "excluded:group": 2,
        "excluded:number": 1,
        "excluded:signature": 2,
        "excluded:total": 1,
    }
    assert [row["criterion_code"] for row in candidates_of(conformed)] == ["1.1"]
    kept = select(
        f"select criterion_code, max_points, self_points, marks from '{conformed.batch.candidates}' "
        "where max_points is not null and marks is not null order by line"
    )
    assert [tuple(row.values()) for row in kept] == [
        ("L1", Decimal(16), Decimal("12.5"), "excluded:group"),
        (None, Decimal(100), Decimal("80.25"), "excluded:total"),
    ]
    assert conformed.data_until == date(2015, 12, 31), "not the year of the signature"


@pytest.mark.parametrize("text", ["-", " – ", "…", "Chưa chấm"])
def test_a_dash_for_points_is_no_points_with_their_reason(tmp_path, registry, text):
    path = self_assessment(tmp_path, ["1.1", "Ban hành kế hoạch", 3, text], ["1.2", "Báo cáo", 2, None])
    rows = candidates_of(conform_file(path, CONTRACT, registry))
    assert [(row["self_points"], row["self_points_missing_reason"]) for row in rows] == [
        (None, "not_given"),
        (None, None),
    ]


@pytest.mark.parametrize("text", ["1.234,5", "2/3", "2,5 điểm", "1 000", "x", "1e2"])
def test_points_that_are_no_plain_number_set_the_row_aside(tmp_path, registry, text):
    path = self_assessment(tmp_path, ["1.1", "Ban hành kế hoạch", 3, text])
    conformed = conform_file(path, CONTRACT, registry)
    assert conformed.batch.outcomes == {"rejected": 1}
    rows = path.parent / "rows.parquet"
    write_quarantine(path, CONTRACT, KEY, registry, conformed, {}, {}, rows)
    (row,) = select(f"select row_key, detail from '{rows}'")
    assert row["detail"] == f"cột «Điểm tự chấm» ghi «{text}», không phải số có nhiều nhất 6 chữ số thập phân"
    assert row["row_key"] == "2015 · Sở Nội vụ · 1.1 · TỰ CHẤM ĐIỂM"


def test_an_appraisal_of_many_agencies_fills_merged_cells_down(tmp_path, registry):
    path = write_workbook(
        tmp_path / "thamdinh.xlsx",
        [["Hướng dẫn ghi bảng"]],
        [
            ["KẾT QUẢ THẨM ĐỊNH CHỈ SỐ CCHC NĂM 2014"],
            ["Đơn vị", "Mã tiêu chí", "Điểm", None, None, "Không áp dụng", "Tình trạng tài liệu kiểm chứng"],
            [None, None, "Tối đa", "Tự chấm", "Thẩm định"],
            ["I. SỞ, BAN, NGÀNH"],
            ["Sở Nội vụ", "1.1", 3, 3, 2, None, "Đủ"],
            [None, "1.2", 2, 2, None, "x", "Không có"],
            ["Ban Dân tộc", "1.1", 3, 3, "1,75"],
            ["  ", "1.2", 2, 2, 1],
            ["Tổng cộng", None, 10, 10, 4.75],
            [None, "1.3", 2, 2, 1],
        ],
    )
    conformed = conform_file(path, CONTRACT, registry)
    rows = candidates_of(conformed)
    columns = ("agency_id", "criterion_code", "appraised_points", "is_applicable", "evidence_status", "line")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("SNV", "1.1", Decimal(2), None, "complete", 5),
        ("SNV", "1.2", None, False, "missing", 6),
        ("BDT", "1.1", Decimal("1.75"), None, None, 7),
        ("BDT", "1.2", Decimal(1), None, None, 8),
        (None, "1.3", Decimal(1), None, None, 10),
    ]
    assert {(row["workbook"], row["year"]) for row in rows} == {("appraisal", 2014)}
    assert conformed.batch.outcomes == {"excluded:group": 1, "excluded:total": 1}


def test_an_agency_is_known_by_the_names_of_the_last_day_of_the_year(tmp_path, registry):
    for year, agency in [("2014", "BDT"), ("2015", None)]:
        titles = [[f"Bảng tự chấm điểm CCHC năm {year}"], ["CƠ QUAN:", "BAN DÂN TỘC ......"]]
        path = self_assessment(tmp_path, ["1.1", "Ban hành kế hoạch", 3, 3], titles=titles)
        assert candidates_of(conform_file(path, CONTRACT, registry))[0]["agency_id"] == agency


def test_what_is_missing_above_the_table_holds_the_workbook(tmp_path, registry):
    row = ["1.1", "Ban hành kế hoạch", 3, 3]
    path = self_assessment(tmp_path, row, titles=TITLES[:2])
    with pytest.raises(
        HeaderError, match=r"thiếu «Đơn vị» \(agency_id\): đề nghị ghi ở các dòng tiêu đề.*hoặc"
    ) as held:
        conform_file(path, CONTRACT, registry)
    assert held.value.rows == 1
    path = self_assessment(tmp_path, row, titles=[["Chỉ số CCHC năm 2015"], ["Đơn vị: Sở Nội vụ"]])
    with pytest.raises(HeaderError, match=r"thiếu «Tên bảng.*» \(workbook\) trong các dòng tiêu đề trên bảng"):
        conform_file(path, CONTRACT, registry)


def test_a_row_whose_code_stands_in_the_set_is_never_a_heading(tmp_path, registry):
    rows = [
        ["I", "Lĩnh vực một", 30, 21],
        ["I.1", "Kế hoạch", 3, 2],
        ["C01", "Tổng số văn bản ban hành đúng hạn", 3, 2],
        ["3.1", "Tiêu chí có ba thành phần", 9, 8],
        ["3.1.1", "Báo cáo", 3, 3],
        ["IV", "Cộng tác viên", 3],
        ["A", "Sáng kiến cải cách"],
        ["II", "Lĩnh vực hai", 6, 5],
        ["L2", "Lĩnh vực hai", 6, 5],
        [None, "Tổng cộng", 36, 26],
        ["9.9", "Tiêu chí lạ", 1, 1],
    ]
    titles = [["BẢNG TỰ CHẤM ĐIỂM CCHC NĂM 2018"], ["Đơn vị: Sở Nội vụ"]]
    conformed = conform_file(self_assessment(tmp_path, *rows, titles=titles), CONTRACT, registry)
    assert [row["criterion_code"] for row in candidates_of(conformed)] == ["I.1", "C01", "3.1.1", "IV", "A", "9.9"]
    assert conformed.batch.outcomes == {"excluded:group": 4, "excluded:total": 1}


def test_without_a_set_of_the_year_the_look_of_a_row_decides(tmp_path, registry):
    titles = [["BẢNG TỰ CHẤM ĐIỂM CCHC NĂM 2016"], ["Đơn vị: Sở Nội vụ"]]
    path = self_assessment(tmp_path, ["I.1", "Kế hoạch", 3, 2], ["3.1", "Báo cáo", 3, 3], titles=titles)
    conformed = conform_file(path, CONTRACT, registry)
    assert [row["criterion_code"] for row in candidates_of(conformed)] == ["3.1"]
    assert conformed.batch.outcomes == {"excluded:group": 1}


def test_points_that_are_no_number_are_told_of_a_criterion_that_looks_like_a_heading(tmp_path, registry):
    titles = [["BẢNG TỰ CHẤM ĐIỂM CCHC NĂM 2018"], ["Đơn vị: Sở Nội vụ"]]
    path = self_assessment(tmp_path, ["C01", "Kế hoạch", 3, "ba"], ["I.1", "Báo cáo", 3, 3], titles=titles)
    assert conform_file(path, CONTRACT, registry).batch.outcomes == {"rejected": 1}


@pytest.mark.parametrize(
    ("title", "workbook", "stated_round"),
    [
        ("KẾT QUẢ TỰ CHẤM VÀ THẨM ĐỊNH ĐIỂM CCHC NĂM 2014", "combined", None),
        ("Bảng tự chấm điểm, thẩm định CCHC năm 2014", "combined", None),
        ("Tự chấm điểm - thẩm định chỉ số năm 2014", "combined", None),
        ("BẢNG TỰ CHẤM ĐIỂM CCHC NĂM 2014", "self_assessment", None),
        ("KẾT QUẢ THẨM ĐỊNH LẦN 2 CCHC NĂM 2014", "appraisal", "2"),
        ("Kết quả thẩm định điểm CCHC lần thứ nhất, năm 2014", "appraisal", "1"),
        ("Kết quả thẩm định vòng II, chỉ số năm 2014", "appraisal", "2"),
        ("KẾT QUẢ THẨM ĐỊNH CCHC NĂM 2014", "appraisal", None),
    ],
)
def test_the_title_says_which_workbook_and_which_round(tmp_path, registry, title, workbook, stated_round):
    headers = ["TT", "Điểm tối đa", "Điểm tự chấm", "Thẩm định lần 1", "Thẩm định lần 2", "Điểm thẩm định"]
    path = self_assessment(tmp_path, ["1.1", 3, 3, 1, 1.5, 2], titles=[[title], TITLES[2]], headers=headers)
    (row,) = candidates_of(conform_file(path, CONTRACT, registry))
    assert (row["workbook"], row["round"], row["year"]) == (workbook, stated_round, 2014)
    assert (row["appraised_points_1"], row["appraised_points_2"], row["appraised_points"]) == (1, Decimal("1.5"), 2)


def test_a_file_of_an_agency_that_was_merged_is_told_into_which(tmp_path, registry):
    titles = [["Bảng tự chấm điểm CCHC năm 2015"], ["Cơ quan: Ban Dân tộc"]]
    path = self_assessment(tmp_path, ["1.1", "Ban hành kế hoạch", 3, 3], titles=titles)
    conformed = conform_file(path, CONTRACT, registry)
    rows = path.parent / "rows.parquet"
    write_quarantine(path, CONTRACT, KEY, registry, conformed, {4: "ASM-13"}, {"ASM-13": ["agency_id"]}, rows)
    (row,) = select(f"select detail from '{rows}'")
    assert row["detail"] == (
        "cột «Đơn vị» ghi «Ban Dân tộc»; «Ban Dân tộc» đã sáp nhập vào «Sở Dân tộc và Tôn giáo» từ 31/12/2015"
    )
