"""Layouts of real files: two header lines, tables on later sheets, web pages saved as .xls."""

from decimal import Decimal
from pathlib import Path

import pytest

from ingest.contract import load_contracts
from ingest.readers.headers import HeaderError
from ingest.readers.read import UnreadableError
from tests.support.small_files import candidates_of, conform_file, write_small_registry, write_workbook

CONTRACT = load_contracts()["assessments"]
POINTS = ("criterion_code", "max_points", "self_points", "appraised_points")


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Path:
    return write_small_registry(tmp_path_factory.mktemp("registry"))


def points_of(path: Path, registry: Path) -> list[tuple]:
    rows = candidates_of(conform_file(path, CONTRACT, registry))
    return [tuple(row[name] for name in POINTS) for row in rows]


def write_page(path: Path, body: str, encoding: str = "utf-8") -> Path:
    path.write_text(body, encoding=encoding)
    return path


TITLE = ["Bảng tự chấm điểm CCHC năm 2015 – Đơn vị: Sở Nội vụ", "Đơn vị: Sở Nội vụ"]


def test_a_header_of_two_lines_uses_the_lower_the_upper_or_both_cells(tmp_path, registry):
    rows = [
        TITLE,
        ["TT", "Tiêu chí", "Điểm", None, None, "Ghi chú"],
        [None, None, "Tối đa", "Tự\nchấm", "Thẩm định", None],
        ["1.1", "Ban hành kế hoạch", 3, 2, 1, "x"],
    ]
    path = write_workbook(tmp_path / "x.xlsx", rows)
    assert points_of(path, registry) == [("1.1", Decimal(3), Decimal(2), Decimal(1))]


def test_one_header_line_wins_over_two_and_the_next_row_is_data(tmp_path, registry):
    rows = [TITLE, ["TT", "Điểm tối đa", "Điểm tự chấm"], ["1.1", 3, 2], ["1.2", 2, 1]]
    assert [row[0] for row in points_of(write_workbook(tmp_path / "x.xlsx", rows), registry)] == ["1.1", "1.2"]


def test_two_header_lines_of_a_csv_do_not_become_rows(tmp_path, registry):
    path = tmp_path / "x.csv"
    path.write_text(
        f"{TITLE[0]};;;\n{TITLE[1]};;;\n"
        "Mã tiêu chí;Điểm;;Tình trạng tài liệu\n;Tối đa;Tự chấm;kiểm chứng\n1.10;3;2,25;Đủ\n",
        encoding="utf-8",
    )
    conformed = conform_file(path, CONTRACT, registry)
    (row,) = candidates_of(conformed)
    assert (row["criterion_code"], row["self_points"], row["evidence_status"], row["line"]) == (
        "1.10",
        Decimal("2.25"),
        "complete",
        5,
    )


def test_the_sheet_with_a_header_is_read_and_empty_rows_count_as_lines(tmp_path, registry):
    cover = [["Hướng dẫn chấm điểm"], ["Mỗi tiêu chí một dòng"]]
    table = [[], [None], TITLE, ["TT", "Điểm tối đa", "Điểm tự chấm"], [], ["1.1", 3, 2]]
    path = write_workbook(tmp_path / "x.xlsx", cover, [], table)
    conformed = conform_file(path, CONTRACT, registry)
    (row,) = candidates_of(conformed)
    assert (row["criterion_code"], row["line"]) == ("1.1", 6)
    assert [(other.place, other.rows) for other in conformed.sheet.unread] == [("trang tính «Sheet1»", 2)]


def test_every_sheet_with_the_columns_is_read_by_its_own_header_and_its_own_title(tmp_path, registry):
    first = [TITLE, ["TT", "Điểm tối đa", "Điểm tự chấm"], ["1.1", 3, 2]]
    second = [[TITLE[0]], ["Đơn vị: Sở Tư pháp"], ["Điểm tự chấm", "TT", "Điểm tối đa"], [1, "1.2", 2.5]]
    conformed = conform_file(write_workbook(tmp_path / "x.xlsx", first, second), CONTRACT, registry)
    rows = candidates_of(conformed)
    assert [tuple(row[name] for name in ("agency_id", *POINTS[:3])) for row in rows] == [
        ("SNV", "1.1", Decimal(3), Decimal(2)),
        ("STP", "1.2", Decimal("2.5"), Decimal(1)),
    ]
    assert [conformed.sheet.place_of(row["line"]) for row in rows] == [
        "trang tính «Sheet1», dòng 3",
        "trang tính «Sheet2», dòng 4",
    ]


def test_a_sheet_without_agency_beside_one_with_it_holds_the_workbook(tmp_path, registry):
    table = [["TT", "Điểm tối đa", "Điểm tự chấm"], ["1.1", 3, 2]]
    path = write_workbook(tmp_path / "x.xlsx", [TITLE, *table], table)
    with pytest.raises(HeaderError, match="trang tính «Sheet2» không ghi «Đơn vị»"):
        conform_file(path, CONTRACT, registry)


def test_a_cover_says_the_agency_of_all_sheets(tmp_path, registry):
    tables = [[["TT", "Điểm tối đa", "Điểm tự chấm"], [code, 3, 2]] for code in ("1.1", "2.1")]
    path = write_workbook(tmp_path / "x.xlsx", [TITLE], *tables)
    rows = candidates_of(conform_file(path, CONTRACT, registry))
    assert [(row["agency_id"], row["year"], row["criterion_code"]) for row in rows] == [
        ("SNV", 2015, "1.1"),
        ("SNV", 2015, "2.1"),
    ]


def test_sheets_named_by_their_agencies_need_no_title(tmp_path, registry):
    table = [["Tự chấm điểm CCHC năm 2015"], ["TT", "Điểm tối đa", "Điểm tự chấm"], ["1.1", 3, 2]]
    path = write_workbook(tmp_path / "x.xlsx", table, table, names=["Sở Nội vụ", "Sở Tư pháp"])
    assert [row["agency_id"] for row in candidates_of(conform_file(path, CONTRACT, registry))] == ["SNV", "STP"]


def test_a_title_between_the_rows_holds_for_the_rows_below_it(tmp_path, registry):
    header = ["TT", "Điểm tối đa", "Điểm tự chấm"]
    rows = [TITLE, header, ["1.1", 3, 2], ["Đơn vị: Sở Tư pháp"], ["1.1", 3, 1], ["1.2", 3, 0]]
    path = write_workbook(tmp_path / "x.xlsx", rows)
    conformed = conform_file(path, CONTRACT, registry)
    assert [row["agency_id"] for row in candidates_of(conformed)] == ["SNV", "STP", "STP"]
    assert conformed.batch.outcomes == {"excluded:title": 1}


def test_a_long_table_goes_on_upon_the_next_sheet_without_a_header(tmp_path, registry):
    first = [TITLE, ["TT", "Điểm tối đa", "Điểm tự chấm"], ["1.1", 3, 2]]
    path = write_workbook(tmp_path / "x.xlsx", first, [["1.2", 3, 1], ["1.3", 2, 1]])
    rows = candidates_of(conform_file(path, CONTRACT, registry))
    assert [(row["agency_id"], row["criterion_code"], row["self_points"]) for row in rows] == [
        ("SNV", "1.1", Decimal(2)),
        ("SNV", "1.2", Decimal(1)),
        ("SNV", "1.3", Decimal(1)),
    ]


PAGE = """
<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="windows-1252"><style>td {color: red}</style>
</head><body><table><tr><td>UBND TỈNH<br>Đơn vị: Sở Nội vụ</td><td>Mẫu 2</td></tr></table>
<h3>BẢNG THẨM ĐỊNH ĐIỂM<br>CẢI CÁCH HÀNH CHÍNH NĂM 2015</h3>
<table border=1>
<thead><tr><th rowspan=2>Đơn vị<th rowspan=2>TT<th colspan=2>Điểm</tr><tr><th>Tối<br>đa<th>Thẩm định</tr></thead>
<tr><td colspan=4><b>I. SỞ,</b> BAN, NGÀNH</td></tr>
<tr><td rowspan=2>Sở Tư&nbsp;pháp</td><td>1.1</td><td>3</td><td>2,5</td></tr>
<tr><td>1.10</td><td>2</td><td></td></tr>
<tr><td>Tổng cộng</td><td></td><td>5</td></tr>
</table></body></html>
"""


@pytest.mark.parametrize(
    "before", ["", "\n  ", "<!DOCTYPE html>", '<meta http-equiv="content-type">', "<table></table>"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_web_page_saved_as_xls_is_read_with_its_spans(tmp_path, registry, before, encoding):
    path = write_page(tmp_path / "thamdinh.xls", before + PAGE.strip(), encoding)
    conformed = conform_file(path, CONTRACT, registry)
    rows = candidates_of(conformed)
    assert [tuple(row[name] for name in POINTS) for row in rows] == [
        ("1.1", Decimal(3), None, Decimal("2.5")),
        ("1.10", Decimal(2), None, None),
    ]
    assert [(row["agency_id"], row["workbook"], row["year"], row["line"]) for row in rows] == [
        ("STP", "appraisal", 2015, 4),
        ("STP", "appraisal", 2015, 5),
    ]
    assert conformed.batch.outcomes == {"excluded:group": 1, "excluded:total": 1}


def test_every_table_of_a_page_is_read_and_a_title_holds_for_the_next_page_too(tmp_path, registry):
    title = "<p>Bảng tự chấm điểm CCHC năm 2015</p><p>Đơn vị: Sở Nội vụ</p>"
    head = "<tr><td>TT<td>Điểm tối đa<td>Điểm tự chấm"
    rows = [f"<tr><td>1.{n}<td>3<td>{n}" for n in (1, 2)]
    page = f"<html>{title}<table>{head}<tr><td>9.9<td>1<td>1</table><table>{head}{''.join(rows)}</table>"
    assert [row[0] for row in points_of(write_page(tmp_path / "x.xls", page), registry)] == ["9.9", "1.1", "1.2"]


def test_a_page_with_a_title_above_each_table_gives_each_its_agency(tmp_path, registry):
    head = "<p>Tự chấm điểm CCHC năm 2015</p>"
    tables = "".join(
        f"<p>Đơn vị: {name}</p><table><tr><td>TT<td>Điểm tối đa<td>Điểm tự chấm<tr><td>1.1<td>3<td>2</table>"
        for name in ("Sở Nội vụ", "Sở Tư pháp")
    )
    path = write_page(tmp_path / "x.xls", f"<html>{head}{tables}</html>")
    assert [row["agency_id"] for row in candidates_of(conform_file(path, CONTRACT, registry))] == ["SNV", "STP"]


@pytest.mark.parametrize(
    ("body", "encoding", "message"),
    [
        ("<html><body>Hết phiên làm việc</body></html>", "utf-8", "không tìm thấy dòng tiêu đề"),
        ("<html></html>", "utf-8", "không tìm thấy dòng tiêu đề"),
        ("<table><tr><td>Điểm tối đa</td></tr></table>", "utf-8", "không tìm thấy dòng tiêu đề"),
        ("<html><table><tr><td>Größe</td></tr></table>", "cp1252", "không đọc được như văn bản tiếng Việt"),
    ],
)
def test_a_page_without_the_table_is_refused(tmp_path, registry, body, encoding, message):
    path = tmp_path / "x.xls"
    path.write_bytes(body.encode(encoding))
    with pytest.raises(UnreadableError, match=message):
        conform_file(path, CONTRACT, registry)
