"""Rows that are not data, in small and in large files, and the limit on the extent of a sheet."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from ingest.conform import layout_rows
from ingest.conform.layout_rows import find_layout_rows, may_show_layout
from ingest.contract import load_contracts
from ingest.readers import sheet_extent
from ingest.readers.headers import HeaderError, match_headers
from ingest.readers.read import EmptyError, UnreadableError, open_delivery
from ingest.readers.sheet_extent import refuse_far_cells
from tests.support.binary_workbooks import xls_bytes, xlsb_bytes

CONTRACT = load_contracts()["dossier_events"]
HEADERS = ["Mã hồ sơ", "Loại sự kiện", "Thời điểm", "Đơn vị", "Số văn bản", "Ngày hẹn mới"]
ROW = "S-{};Tiếp nhận;03/01/2024;Sở Nội vụ;;"


def reasons(folder: Path, *lines: str, end: str = "\n") -> dict[int, str]:
    path = folder / "x.csv"
    path.write_bytes((end.join([";".join(HEADERS), *lines]) + end).encode())
    with duckdb.connect() as connection:
        sheet = open_delivery(connection, path, CONTRACT)
        reasons, _ = find_layout_rows(connection, sheet, match_headers(sheet.headers, CONTRACT), CONTRACT)
        return reasons


PAGE = [
    "(1);(2);(3);(4);(5);(6)",
    "I. CẤP TỈNH;;;;;",
    ROW.format(1),
    "1. Huyện Thử;;;;;",
    ROW.format(2),
    ";".join(HEADERS),
    ROW.format(3),
    "Ghi chú:;tạm tính;;;;",
    "- gồm cả hồ sơ cũ;;;;;",
    ";;Hòa Thử, ngày 05 tháng 4 năm 2024;;;",
    ";Người lập bảng (Ký tên);;KT. GIÁM ĐỐC;;",
    ";;;LÊ MÔ PHỎNG;;",
]
PAGE_REASONS = {2: "number", 3: "group", 5: "group", 7: "title", 9: "note", 10: "note"} | dict.fromkeys(
    (11, 12, 13), "signature"
)


@pytest.mark.parametrize("most", [layout_rows._SMALL_ROWS, 0])
def test_python_and_sql_give_the_same_rows(tmp_path, monkeypatch, most):
    monkeypatch.setattr(layout_rows, "_SMALL_ROWS", most)
    assert reasons(tmp_path, *PAGE) == PAGE_REASONS
    assert reasons(tmp_path, *PAGE, end="\r\n") == PAGE_REASONS
    # Empty lines between the rows make the csv module read the file.
    assert sorted(reasons(tmp_path, *[line for row in PAGE for line in (row, "")]).values()) == sorted(
        PAGE_REASONS.values()
    )


@pytest.mark.parametrize(
    "row",
    [
        "S-9;;;;;",
        ";Tiếp nhận;;;;",
        "Tiếp;;;;;",
        "Sở Nội vụ năm 2024;;;;;",
        ";;;Sở Nội vụ;;",
        "5;Sở Nội vụ;;;;",
        "II;CẤP HUYỆN;;;;",
        "S-9;(*) chuyển kỳ;;;;",
        "1;2;3;4;5;",
        ";;;;01/TB;",
        "Nơi nhận:;;;;;",
    ],
)
def test_a_row_that_may_be_data_is_data(tmp_path, row):
    assert reasons(tmp_path, ROW.format(1), row, ROW.format(2)) == {}


def test_rows_below_a_signature_keep_both(tmp_path):
    assert reasons(tmp_path, ROW.format(1), "Người lập biểu;;;;;", "S-2;;;;;") == {}


def test_a_page_with_only_sparse_rows_is_data(tmp_path, monkeypatch):
    monkeypatch.setattr(layout_rows, "_MOST_ROWS", 3)
    assert reasons(tmp_path, ROW.format(1), *["I. CẤP TỈNH;;;;;"] * 4, ROW.format(2)) == {}


def test_a_second_table_holds_the_file_and_names_its_line(tmp_path):
    with pytest.raises(HeaderError, match="ở dòng 4 bắt đầu một bảng thứ hai"):
        reasons(tmp_path, ROW.format(1), ROW.format(2), "Đơn vị;Mã hồ sơ;Thời điểm;;;", ROW.format(3))
    with pytest.raises(HeaderError, match="ở dòng 5 bắt đầu một bảng thứ hai"):
        reasons(tmp_path, ROW.format(1), "", ROW.format(2), "Đơn vị;Mã hồ sơ;Thời điểm;;;", ROW.format(3))


def test_every_sparse_row_is_detected_from_the_bytes(tmp_path):
    chance = random.Random(4)
    headers = [f"Cột số {number}" for number in range(9)]
    full = [";".join("ab" for _ in headers)] * 400
    assert not may_show_layout(_written(tmp_path, headers, full), ";", headers)
    for _ in range(60):
        places = chance.sample(range(9), chance.randint(1, 2))
        sparse = ";".join("ab" if at in places else "" for at in range(9))
        rows = [*full[: chance.randint(0, 400)], sparse, *full]
        assert may_show_layout(_written(tmp_path, headers, rows), ";", headers)
    assert may_show_layout(_written(tmp_path, headers, [*full, ";".join(headers)]), ";", headers)
    assert may_show_layout(_written(tmp_path, headers, [*full, "a;;b;;;;c;;"]), ";", headers)


def _written(folder: Path, headers: list[str], rows: list[str]) -> Path:
    path = folder / "large.csv"
    path.write_text("\n".join([";".join(headers), *rows, ""]), encoding="utf-8")
    return path


def test_a_sheet_with_a_distant_cell_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        sheet.write(1_048_575, 16_383, "x")
    with (
        duckdb.connect() as connection,
        pytest.raises(UnreadableError, match=r"1,048,576 dòng và 16,384 cột .*xóa các dòng, cột thừa"),
    ):
        open_delivery(connection, path, CONTRACT)
    # Streaming software declares one cell, or none.
    streamed = tmp_path / "streamed.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(streamed, "w") as copy:
        for name in whole.namelist():
            copy.writestr(name, whole.read(name).replace(b'ref="A1:XFD1048576"', b'ref="A1"'))
    with pytest.raises(UnreadableError, match="1,048,576 dòng và 16,384 cột"):
        refuse_far_cells(streamed)
    binary = tmp_path / "x.xlsb"
    binary.write_bytes(xlsb_bytes([HEADERS, ["1"]]))
    refuse_far_cells(binary)
    monkeypatch.setattr(sheet_extent, "MOST_CELLS", 11)
    with pytest.raises(UnreadableError, match="2 dòng và 6 cột"):
        refuse_far_cells(binary)


@pytest.mark.parametrize("write", [xls_bytes, xlsb_bytes])
def test_binary_workbooks_keep_codes_numbers_and_lines(tmp_path, write):
    path = tmp_path / "x.dat"
    path.write_bytes(write([["Nhật ký"], [], HEADERS[:3], ["000123", "1.10", 2.5], [None, "sổ", 3]]))
    with duckdb.connect() as connection:
        open_delivery(connection, path, CONTRACT)
        rows = connection.execute("select * from raw").fetchall()
    assert rows == [("000123", "1.10", "2.5", 4), (None, "sổ", "3", 5)]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b" \n\t", b"\xef\xbb\xbf\r\n", b";;\n", "\u00a0;\u200b\n".encode()]
)
def test_a_file_without_a_letter_is_empty(tmp_path, content):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with duckdb.connect() as connection, pytest.raises(EmptyError):
        open_delivery(connection, path, CONTRACT)
