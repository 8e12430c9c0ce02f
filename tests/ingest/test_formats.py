"""Every delivered format as a tiny file: its rows with their lines, or the reason of refusal."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter

from ingest.contract import Contract, load_contracts
from ingest.readers.csv_files import is_regular
from ingest.readers.read import UnreadableError, count_broken_lines, open_delivery
from tests.support.small_files import write_workbook

CONTRACT = load_contracts()["dossier_events"]
HEADERS = ["Mã hồ sơ", "Loại sự kiện"]
HEADER = ";".join(HEADERS).encode()

_MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
_ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
<table:table table:name="Sổ">{}</table:table>
</office:spreadsheet></office:body></office:document-content>"""


def write_ods(path: Path, rows: list[list[str]]) -> Path:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    body = "".join(f"<table:table-row>{''.join(cell.format(text) for text in row)}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", _ODS.format(body))
    return path


def read(path: Path, contract: Contract = CONTRACT) -> tuple[list[tuple[Any, ...]], dict[int, str]]:
    """Returns rows with their line in the file, and the lines that could not be split."""
    with duckdb.connect() as connection:
        sheet = open_delivery(connection, path, contract)
        rows = connection.execute("select * from raw").fetchall()
        broken = count_broken_lines(connection, sheet)
    # As in conform: `raw` does not count lines that could not be split.
    for lost in sorted(broken):
        rows = [(*cells, line + (line >= lost)) for *cells, line in rows]
    return rows, broken


def write(folder: Path, content: bytes | str) -> Path:
    """Writes a file whose name does not give its format."""
    path = folder / "tep.dat"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_an_open_document_keeps_codes_and_lines(tmp_path):
    path = write_ods(tmp_path / "x.xls", [["Nhật ký"], HEADERS, ["000123", "1.10"]])
    assert read(path) == ([("000123", "1.10", 3)], {})


def test_a_macro_workbook_is_read_and_a_hidden_column_like_any_other(tmp_path):
    path = tmp_path / "x.xlsm"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.set_column(1, 1, None, None, {"hidden": True})
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, ["000123", "a"])
    assert read(path) == ([("000123", "a", 2)], {})


def test_the_sheet_is_chosen_by_name_or_as_the_first_with_a_header(tmp_path):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name, code in (("Bìa", None), ("Năm trước", "1"), ("Năm  NAY", "2")):
            sheet = workbook.add_worksheet(name)
            if code:
                sheet.write_row(0, 0, HEADERS)
                sheet.write_row(1, 0, [code, "a"])
    named = [
        CONTRACT.model_copy(update={"files": CONTRACT.files.model_copy(update={"sheets": [name]})})
        for name in ("năm nay", "Quý I")
    ]
    assert read(path)[0] == [("1", "a", 2)]
    assert read(path, named[0])[0] == [("2", "a", 2)]
    with pytest.raises(
        UnreadableError, match="không có trang tính «Quý I»; tệp có các trang: Bìa, Năm trước, Năm  NAY"
    ):
        read(path, named[1])


def test_a_locked_and_a_truncated_workbook_have_different_reasons(tmp_path):
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(480)
    with pytest.raises(UnreadableError, match="khóa bằng mật khẩu"):
        read(write(tmp_path, locked))
    with pytest.raises(UnreadableError, match="tệp hỏng hoặc không phải bảng tính"):
        read(write(tmp_path, locked[:512]))
    whole = write_workbook(tmp_path / "x.xlsx", [HEADERS, ["1", "a"]]).read_bytes()
    with pytest.raises(UnreadableError, match="bị cắt ngang"):
        read(write(tmp_path, whole[: len(whole) // 2]))


def test_a_word_document_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    with pytest.raises(UnreadableError, match="đây là văn bản Word"):
        read(tmp_path / "x.xlsx")


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_the_one_that_gives_the_headers(delimiter, tmp_path):
    path = write(tmp_path, f'Nhật ký, quý I\n{delimiter.join(HEADERS)}\n01{delimiter}"a{delimiter}""b"""\n')
    assert read(path) == ([("01", f'a{delimiter}"b"', 3)], {})


def test_a_contract_that_lists_its_delimiters_wins(tmp_path):
    files = CONTRACT.files.model_copy(update={"delimiters": [","]})
    with pytest.raises(UnreadableError, match="không tìm thấy dòng tiêu đề"):
        read(write(tmp_path, HEADER + b"\n1;a\n"), CONTRACT.model_copy(update={"files": files}))


FEW, MANY, OPEN = "thiếu ô", "thừa ô", "mở mà không đóng"
IRREGULAR = {
    "a line break in quotes": (
        b'\n1;"a\nb\nc"\n2;b\n3\n4;x\n',
        [("1", "a\nb\nc", 2), ("2", "b", 5), ("4", "x", 7)],
        {6: FEW},
    ),
    "empty lines": (b"\n1;a\n\n2;b\n\n\n3\n4;x\n", [("1", "a", 2), ("2", "b", 4), ("4", "x", 8)], {7: FEW}),
    "mixed line ends": (
        b'\r\n1;a\n2;b\r\n3;"a\r\nb"\r\n4;c\r\n',
        [("1", "a", 2), ("2", "b", 3), ("3", "a\r\nb", 4), ("4", "c", 6)],
        {},
    ),
    "old Macintosh line ends": (b"\r1;a\r2;b\r", [("1", "a", 2), ("2", "b", 3)], {}),
    "a byte order mark inside": (b"\n1;a\n\xef\xbb\xbf2;b\n", [("1", "a", 2), ("2", "b", 3)], {}),
    "cells padded with NUL": (b"\n1\0\0;a\0\n\n2;b\n", [("1", "a", 2), ("2", "b", 4)], {}),
    "NUL within a cell": (b"\n1;a\n2;b\0c\n3;d\n", [("1", "a", 2), ("3", "d", 4)], {3: "mất ký tự"}),
    "a quote in a cell": (b'\n1;cao 5" b\n2;b;c\n3;d\n', [("1", 'cao 5" b', 2), ("3", "d", 4)], {3: MANY}),
    "a quote never closed": (
        b'\n1;a\n2;"x" y\n3;b\n4;"c\n5;d\n',
        [("1", "a", 2), ("3", "b", 4)],
        {3: OPEN, 5: OPEN, 6: OPEN},
    ),
}


@pytest.mark.parametrize("name", IRREGULAR)
def test_rows_of_an_irregular_csv_have_the_correct_line(name, tmp_path):
    content, rows, broken = IRREGULAR[name]
    path = write(tmp_path, b"\xef\xbb\xbf" + HEADER + content)
    found, why = read(path)
    assert found == rows
    assert list(why) == list(broken)
    assert all(reason in why[line] for line, reason in broken.items())
    assert not is_regular(path)


@pytest.mark.parametrize("content", [b"\n1;a\n2;b\n", b"\r\n1;a\r\n2;b", b'\n1;"a;""b"""\n', b"\n1;a\n\n\n"])
def test_a_regular_csv_is_read_by_duckdb(content, tmp_path):
    assert is_regular(write(tmp_path, b"\xef\xbb\xbf" + HEADER + content))


def test_a_csv_that_ends_in_nul_bytes_is_refused(tmp_path):
    with pytest.raises(UnreadableError, match="cuối tệp chỉ có các byte rỗng"):
        read(write(tmp_path, HEADER + b"\n1;a\n2;b\n" + bytes(4096)))


def test_an_irregular_csv_may_be_in_a_legacy_encoding(tmp_path):
    path = write(tmp_path, 'Mã hồ sơ;Loại sự kiện\r\n1;"Sở Nội vụ\r\ntiếp nhận hồ sơ"\r\n2;trả lại'.encode("utf-16"))
    assert read(path) == ([("1", "Sở Nội vụ\r\ntiếp nhận hồ sơ", 2), ("2", "trả lại", 4)], {})


def test_a_byte_that_is_not_utf8_invalidates_only_its_row(tmp_path):
    # The byte comes after the sample from which the encoding is decided.
    rows = b"".join(b"%d;a\n" % number for number in range(60_000))
    found, broken = read(write(tmp_path, HEADER + b"\n\n" + rows + b"x;\xff\n9;z\n"))
    assert (len(found), found[-1][:2]) == (60_001, ("9", "z"))
    assert broken == {60_003: "có chữ bị hỏng (byte không phải UTF-8)"}


def test_json_keeps_every_digit_and_takes_the_keys_as_headers(tmp_path):
    content = (
        '[{"Mã hồ sơ": 1.10, "Loại sự kiện": true},\n'
        '{"Loại sự kiện": null, "Số văn bản": "007", "Mã hồ sơ": 12345678901234567890123}]'
    )
    assert read(write(tmp_path, content))[0] == [
        ("1.10", "true", None, 2),
        ("12345678901234567890123", None, "007", 3),
    ]


def test_an_object_with_one_array_has_titles_and_rows(tmp_path):
    content = '\ufeff{"kỳ": "từ ngày 01/01/2015", "n": 1,\n "rows": [{"Mã hồ sơ": "01", "Loại sự kiện": "a"}]}'
    with duckdb.connect() as connection:
        sheet = open_delivery(connection, write(tmp_path, content), CONTRACT)
        assert connection.execute("select * from raw").fetchall() == [("01", "a", 2)]
    assert (sheet.headers, sheet.titles) == (
        HEADERS,
        ["kỳ", "từ ngày 01/01/2015", "kỳ từ ngày 01/01/2015", "n", "1", "n 1"],
    )


def test_json_lines_keep_their_line_numbers(tmp_path):
    line = '{{"Mã hồ sơ": {}, "Loại sự kiện": "a"}}'
    content = "\r\n".join([line.format("1e5"), "", line.format("2.50"), ""])
    assert read(write(tmp_path, content))[0] == [("1e5", "a", 1), ("2.50", "a", 3)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"Mã hồ sơ": "1", "Loại sự kiện": {"tên": "a"}}]', "ở dòng 2, «Loại sự kiện» chứa dữ liệu lồng nhau"),
        ('[{"Mã hồ sơ": "1", "Loại sự kiện": "a"},\n{"Mã hồ', "bị cắt ngang hoặc sai cú pháp ở dòng 2"),
        ('{"Mã hồ sơ": "1"}\n{"Mã hồ sơ": "1"\n', "bị cắt ngang hoặc sai cú pháp ở dòng 2"),
        ('[{"Mã hồ sơ": "1"}] []', "sai cú pháp"),
        ('{"a": [{"x": 1}], "b": [{"y": 1}]}', "nhiều danh sách"),
        ('{"Mã hồ sơ": 1, "Mã hồ sơ": 2}', "«Mã hồ sơ» có hai lần"),
        ('[["1", "a"]]', "không phải là một đối tượng"),
        ("[]", "không có bản ghi nào"),
        ('[{"x": 1, "y": 2}]', "không tìm thấy dòng tiêu đề"),
        ("[" * 100_000, "lồng quá nhiều tầng"),
        (b'[{"x": "1"}' + b" " * (5 << 20) + b"\xff]", "không phải bảng mã UTF-8"),
    ],
)
def test_json_without_a_table_is_refused_with_a_reason(content, message, tmp_path):
    with pytest.raises(UnreadableError, match=message):
        read(write(tmp_path, content))
