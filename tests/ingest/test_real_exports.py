"""Cells and tables as real software writes them: each value was written down from what a reader of the file sees."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from ingest.contract import load_contracts
from ingest.deliver import Conformed
from ingest.readers.headers import HeaderError, match_headers
from tests.support.small_files import candidates_of, conform_file, write_small_registry, write_workbook

CONTRACTS = load_contracts()
HEADER = (
    "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày hẹn trả;Ngày kết thúc xử lý;Trạng thái;"
    "Số giấy tờ;DeletedOn"
)
NAME = "hoso_20150101_20150630"
NASTY_CASES = Path(__file__).resolve().parents[1] / "nasty" / "cases" / "inbox"


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Path:
    return write_small_registry(tmp_path_factory.mktemp("registry"))


def dossier(code: str = "STP-15-1", received: str = "05/03/2015 09:00", **cells: str) -> list[str]:
    row = [code, "KH-1", "Sở Tư pháp", "Sở Tư pháp", received, "19/03/2015", "", "Đang xử lý", "", ""]
    for name, text in cells.items():
        row[{"due": 5, "finished": 6, "status": 7, "identity": 8, "deleted": 9, "agency": 3}[name]] = text
    return row


def conform_rows(tmp_path: Path, registry: Path, *rows: list[str]) -> Conformed:
    path = tmp_path / f"{NAME}.csv"
    path.write_text("\n".join([HEADER, *(";".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return conform_file(path, CONTRACTS["dossiers"], registry)


@pytest.mark.parametrize("deleted", ["NULL", "(null)", "0", "False", "-", "01/01/0001", "1900-01-01 00:00:00", "n/a"])
def test_what_is_no_day_deletes_nothing(tmp_path, registry, deleted):
    conformed = conform_rows(tmp_path, registry, dossier(deleted=deleted))
    assert conformed.batch.outcomes == {}


@pytest.mark.parametrize(
    ("deleted", "outcome"),
    [
        ("10/03/2015", "excluded:deleted"),
        ("05/03/2015", "excluded:deleted"),
        ("30/06/2015 23:59", "excluded:deleted"),
        # Before the receipt, after the data date, and a name that a delimiter pushed there.
        ("04/03/2015", "rejected"),
        ("01/07/2015", "rejected"),
        ("Trần Mô Phỏng", "rejected"),
    ],
)
def test_only_a_day_that_the_delivery_can_know_of_deletes(tmp_path, registry, deleted, outcome):
    assert conform_rows(tmp_path, registry, dossier(deleted=deleted)).batch.outcomes == {outcome: 1}


def test_words_for_nothing_are_blank_in_every_column(tmp_path, registry):
    (row,) = candidates_of(conform_rows(tmp_path, registry, dossier(due="0001-01-01", finished="null", status="NULL")))
    assert (row["due_at"], row["finished_at"], row["status"]) == (None, None, None)
    rows = [dossier("STP-15-1", identity="NULL"), dossier("STP-15-2", identity="N/A")]
    assert [row["applicant_key"] for row in candidates_of(conform_rows(tmp_path, registry, *rows))] == [None, None]


def test_of_a_dossier_that_stands_twice_the_latest_state_counts_wherever_it_stands(tmp_path, registry):
    finished = dossier(finished="12/03/2015 15:00", status="Đã xử lý xong")
    conformed = conform_rows(tmp_path, registry, finished, dossier())
    (row,) = candidates_of(conformed)
    assert (row["status"], row["line"], conformed.batch.outcomes) == ("finished", 2, {"duplicate": 1})


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("STP-15-1 - Số phiếu: 26.10229", "STP-15-1"),
        ('"=""000123"""', "000123"),
        ("15501.0", "15501"),
        ("15501.00.10", "15501.00.10"),
        ("STP-15-1_x000D_", "STP-15-1"),
        ("STP-\u200b15-1", "STP-15-1"),
        ("1.0", "1.0"),
    ],
)
def test_a_code_is_what_a_reader_sees(tmp_path, registry, written, code):
    (row,) = candidates_of(conform_rows(tmp_path, registry, dossier(written)))
    assert row["dossier_code"] == code


@pytest.mark.parametrize("code", ["2,01508E+11", "2.01508E+11", "1E+05", "#N/A", "#REF!", "Err:502"])
def test_a_code_that_lost_its_digits_is_refused(tmp_path, registry, code):
    assert conform_rows(tmp_path, registry, dossier(code), dossier("STP-15-2")).batch.outcomes == {"rejected": 1}


def test_one_row_with_an_empty_cell_more_is_broken_and_all_of_them_are_a_habit(tmp_path, registry):
    shifted = [*dossier("STP-15-2")[:8], "", "Cán bộ MP", ""]
    assert conform_rows(tmp_path, registry, dossier(), shifted).batch.broken_lines == {3: "thừa ô so với dòng tiêu đề"}
    rows = [[*dossier(code), ""] for code in ("STP-15-1", "STP-15-2")]
    conformed = conform_rows(tmp_path, registry, *rows)
    assert (conformed.batch.broken_lines, len(candidates_of(conformed))) == ({}, 2)


def test_a_delimiter_in_quotes_is_no_cell(tmp_path, registry):
    rows = [dossier("STP-15-1"), dossier("STP-15-2", agency='"Sở; Tư pháp"')]
    assert conform_rows(tmp_path, registry, *rows).batch.broken_lines == {}


def test_an_event_with_seconds_is_the_event_without(tmp_path, registry):
    path = tmp_path / "sukien_20150101_20150630.csv"
    moments = ["06/03/2015 10:00", "06/03/2015 10:00:27", "06/03/2015 10:01"]
    rows = [f"STP-15-1;Yêu cầu bổ sung;{moment}" for moment in moments]
    path.write_text("\n".join(["Mã hồ sơ;Loại sự kiện;Thời điểm", *rows]), encoding="utf-8")
    conformed = conform_file(path, CONTRACTS["dossier_events"], registry)
    assert conformed.batch.outcomes == {"duplicate": 1}
    assert sorted(row["occurred_at"] for row in candidates_of(conformed)) == [
        datetime(2015, 3, 6, 10),
        datetime(2015, 3, 6, 10, 1),
    ]


FORM = ["Mã phiếu", "Cơ quan", "Mẫu phiếu", "Phiên bản", "Ngày phỏng vấn", "A1_1", "A1_2"]


def test_a_second_header_with_questions_exchanged_holds_the_file(tmp_path, registry):
    path = tmp_path / "phieu_20150801_20151130.csv"
    first = ["P1", "Sở Tư pháp", "QADM", "v1", "05/08/2015", "1", "5"]
    lines = [FORM, first, [*FORM[:5], "A1_2", "A1_1"], ["P2", *first[1:]]]
    path.write_text("\n".join(map(";".join, lines)), encoding="utf-8")
    with pytest.raises(HeaderError, match="dòng 3 bắt đầu một bảng thứ hai"):
        conform_file(path, CONTRACTS["survey_responses"], registry)


@pytest.mark.parametrize(
    "header", ["Mã hồ sơ:", "Mã hồ sơ (*)", "* Mã hồ sơ", "Mã\r\nhồ sơ_x000D_", "\u200bMã hồ sơ :"]
)
def test_marks_around_a_header_mean_nothing(header):
    headers = [header, *HEADER.split(";")[1:]]
    assert match_headers(headers, CONTRACTS["dossiers"]).positions["dossier_code"] == 0


def test_a_hint_names_no_neighbour_that_is_another_column():
    headers = [*HEADER.split(";")[:-1], "Nội dung chi"]
    with pytest.raises(HeaderError, match="không khai báo: «Nội dung chi»;"):
        match_headers(headers, CONTRACTS["dossiers"])


# Workbooks

POINTS = ["Mã tiêu chí", "Điểm tối đa", "Điểm tự chấm"]
BOOK_TITLES = [["TỰ CHẤM ĐIỂM CCHC NĂM 2015"], ["Đơn vị: Sở Nội vụ"]]


def points_of(conformed: Conformed) -> list[tuple[Any, ...]]:
    return [(row["criterion_code"], row["max_points"], row["self_points"]) for row in candidates_of(conformed)]


def test_a_code_is_what_its_number_format_shows(tmp_path, registry):
    path = tmp_path / f"{NAME}.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(";"))
        for at, (code, shown) in enumerate([(42, "000000"), (7, '"HS-"0000'), (15501, "General"), (9, "0")], start=1):
            sheet.write_row(at, 0, dossier())
            sheet.write_number(at, 0, code, workbook.add_format({"num_format": shown}))
    rows = candidates_of(conform_file(path, CONTRACTS["dossiers"], registry))
    assert [row["dossier_code"] for row in rows] == ["000042", "HS-0007", "15501", "9"]


def test_an_error_of_a_spreadsheet_and_a_formula_without_result_set_their_row_aside(tmp_path, registry):
    path = tmp_path / "tu_cham_2015.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate([*BOOK_TITLES, POINTS, ["1.1", 3], ["1.2", 3], ["1.3", 3, 2]]):
            sheet.write_row(at, 0, row)
        sheet.write_formula(3, 2, "=1/0", None, "#DIV/0!")
        sheet.write_formula(4, 2, "=B5", None, "")
    conformed = conform_file(path, CONTRACTS["assessments"], registry)
    assert conformed.batch.outcomes == {"rejected": 2}
    assert points_of(conformed) == [("1.3", Decimal(3), Decimal(2))]


def test_date_cells_up_to_the_12th_beside_texts_after_it_hold_the_file(tmp_path, registry):
    # What an English Excel makes of 01/03/2015 … 24/03/2015: the first twelve became 3 January … 3 December.
    days = [f"2015-{day:02}-03 09:00:00" if day <= 12 else f"{day}/03/2015 09:00" for day in range(1, 25)]
    rows = [dossier(f"STP-15-{at}", day) for at, day in enumerate(days)]
    path = write_workbook(tmp_path / f"{NAME}.xlsx", [HEADER.split(";"), *rows])
    with pytest.raises(HeaderError, match="đã đổi chỗ ngày và tháng"):
        conform_file(path, CONTRACTS["dossiers"], registry)


def test_texts_before_the_13th_tell_that_nothing_was_exchanged(tmp_path, registry):
    days = [f"{day:02}/03/2015 09:00" for day in range(1, 25)]
    rows = [dossier(f"STP-15-{at}", day) for at, day in enumerate([*days, *["2015-03-05 09:00:00"] * 12])]
    path = write_workbook(tmp_path / f"{NAME}.xlsx", [HEADER.split(";"), *rows])
    assert len(candidates_of(conform_file(path, CONTRACTS["dossiers"], registry))) == 36


def test_a_portal_writes_the_code_before_the_name(tmp_path, registry):
    header = ["STT", "Lĩnh vực/Tiêu chí/Tiêu chí thành phần", "Điểm tối đa", "Số liệu kê khai", "Điểm tự chấm"]
    rows = [
        [*header, "Cách tính điểm", "Yêu cầu và TLKC", "Ý kiến hội đồng thẩm định"],
        [1, "1.1. Ban hành kế hoạch", 3, "đủ", 2],
        [2, "1.10 Báo cáo", 2, "6/6", 1],
        [3, "Tiêu chí 2.1: Văn bản", 4, "", 3],
    ]
    path = write_workbook(tmp_path / "tu_cham_2015.xlsx", [*BOOK_TITLES, *rows])
    found = points_of(conform_file(path, CONTRACTS["assessments"], registry))
    assert found == [
        ("1.1", Decimal(3), Decimal(2)),
        ("1.10", Decimal(2), Decimal(1)),
        ("2.1", Decimal(4), Decimal(3)),
    ]


def test_a_portal_writes_the_code_under_stt(tmp_path, registry):
    rows = [["STT", "Tiêu chí", "Điểm tối đa", "Điểm tự chấm"], ["I", "CHỈ ĐẠO", 5, 3], ["1.1", "Kế hoạch", 3, 2]]
    path = write_workbook(tmp_path / "tu_cham_2015.xlsx", [*BOOK_TITLES, *rows])
    conformed = conform_file(path, CONTRACTS["assessments"], registry)
    assert points_of(conformed) == [("1.1", Decimal(3), Decimal(2))]
    assert conformed.batch.outcomes == {"excluded:group": 1}


def test_both_columns_of_points_of_one_workbook_land(tmp_path, registry):
    path = tmp_path / "ket_qua_2014.xlsx"
    path.write_bytes((NASTY_CASES / "assessments" / "ket_qua_b163_2014.xlsx").read_bytes())
    rows = candidates_of(conform_file(path, CONTRACTS["assessments"], registry))
    assert {row["workbook"] for row in rows} == {"combined"}
    assert (rows[0]["self_points"], rows[0]["appraised_points"]) == (Decimal(3), Decimal("1.5"))


# Web archives and XML Spreadsheet 2003


def xml_book(*rows: str) -> str:
    return (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table>'
        f"{''.join(rows)}</Table></Worksheet></Workbook>"
    )


def xml_row(*cells: str, index: int | None = None) -> str:
    written = "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in cells)
    place = f' ss:Index="{index}"' if index else ""
    return f"<Row{place}>{written}</Row>"


def test_xml_spreadsheet_2003_is_read_with_its_gaps_and_its_formulas(tmp_path, registry):
    path = tmp_path / "tu_cham_2015.xls"
    merged = '<Row><Cell ss:MergeAcross="2"><Data ss:Type="String">TỰ CHẤM ĐIỂM CCHC NĂM 2015</Data></Cell></Row>'
    no_result = '<Row><Cell><Data ss:Type="String">1.2</Data></Cell><Cell ss:Index="3" ss:Formula="=RC[-1]"/></Row>'
    rows = [merged, xml_row("Đơn vị: Sở Nội vụ"), xml_row(*POINTS), xml_row("1.1", "3", "2", index=6), no_result]
    path.write_text(xml_book(*rows), encoding="utf-8")
    conformed = conform_file(path, CONTRACTS["assessments"], registry)
    assert points_of(conformed) == [("1.1", Decimal(3), Decimal(2))]
    assert [row["line"] for row in candidates_of(conformed)] == [6]
    assert conformed.batch.outcomes == {"rejected": 1}


def test_a_web_archive_is_read_sheet_by_sheet(tmp_path, registry):
    message = EmailMessage()
    message["MIME-Version"] = "1.0"
    message.make_related()
    for number, code in enumerate(("1.1", "1.2"), start=1):
        titles = "".join(f"<p>{cell}</p>" for (cell,) in BOOK_TITLES)
        cells = "<td>".join(["", *POINTS, "<tr>", code, "3", "2"])
        page = EmailMessage()
        page.set_content(f"<html>{titles}<table><tr>{cells}</table></html>", subtype="html", cte="quoted-printable")
        page["Content-Location"] = f"file:///C:/x_files/sheet00{number}.htm"
        message.attach(page)
    path = tmp_path / "tu_cham_2015.xls"
    path.write_bytes(b"MIME-Version: 1.0\r\n" + message.as_bytes())
    conformed = conform_file(path, CONTRACTS["assessments"], registry)
    assert [code for code, *_ in points_of(conformed)] == ["1.1", "1.2"]
