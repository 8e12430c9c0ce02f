"""Small files that would become gigabytes, or end the process that reads them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from ingest.contract import load_contracts
from ingest.readers.read import UnreadableError, open_delivery
from tests.support.nights import ROOT

CONTRACT = load_contracts()["dossiers"]
HEADERS = ["Mã hồ sơ", "Mã TTHC", "Đơn vị tiếp nhận", "Đơn vị giải quyết", "Ngày tiếp nhận", "Trạng thái"]
ROW = ["STP-15-000101", "1.000110", "Sở Tư pháp", "Sở Tư pháp", "05/01/2015", "Đang xử lý"]
XML = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="S"><Table>{}</Table></Worksheet>'
    "</Workbook>"
)
ODS = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="S">{}</table:table></office:spreadsheet></office:body></office:document-content>'
)


WIDE = "<tr><td colspan=1000 {}>{}</td></tr>"


def rows_of(path: Path) -> int:
    with duckdb.connect() as connection:
        open_delivery(connection, path, CONTRACT)
        return int(connection.execute("select count(*) from raw").fetchall()[0][0])


def page(*rows: str) -> str:
    header = "".join(f"<td>{name}</td>" for name in HEADERS)
    return f"<table><tr>{header}</tr>{''.join(rows)}</table>"


def write_workbook(path: Path, *changes: tuple[str, str]) -> Path:
    """Writes a good sheet of one row, with texts of its parts replaced."""
    plain = path.with_name("plain.xlsx")
    with xlsxwriter.Workbook(plain) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, ROW)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name).decode()
            for before, after in changes:
                content = content.replace(before, after)
            target.writestr(name, content)
    return path


FAR = "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData>"


@pytest.mark.parametrize(
    "changes",
    [
        [("</sheetData>", FAR.replace("'", '"'))],
        [("</sheetData>", FAR)],
        # Not in the order of rows, and beyond every sheet.
        [("</sheetData>", '<row r="3"><c r="A900000000"><v>1</v></c><c r="A3"><v>1</v></c></row></sheetData>')],
        [("<sheetData>", '<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')],
        [(' uniqueCount="11"', ' uniqueCount="4294967295"'), (' count="12"', ' count="4294967295"')],
    ],
    ids=["far", "single quotes", "disorder", "far first", "texts"],
)
def test_a_workbook_that_would_end_the_process_ends_only_its_reading(
    tmp_path: Path, changes: list[tuple[str, str]]
) -> None:
    with pytest.raises(UnreadableError, match="rất xa bảng số liệu"):
        rows_of(write_workbook(tmp_path / "x.xlsx", *changes))
    # The next workbook is read by another process.
    assert rows_of(write_workbook(tmp_path / "good.xlsx")) == 1


def test_a_declared_extent_alone_is_no_reason_to_refuse(tmp_path: Path) -> None:
    assert rows_of(write_workbook(tmp_path / "x.xlsx", ('ref="A1:F2"', 'ref="A1:XFD1048576"'))) == 1


def test_a_stray_cell_beside_the_table_is_no_column(tmp_path: Path) -> None:
    stray = '<c r="XFD2" t="str"><v>.</v></c></row></sheetData>'
    assert rows_of(write_workbook(tmp_path / "x.xlsx", ("</row></sheetData>", stray))) == 1


def test_an_open_document_that_repeats_cells_is_refused(tmp_path: Path) -> None:
    cell = (
        '<table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p>'
        "</table:table-cell>"
    )
    path = tmp_path / "x.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml", ODS.format(f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>')
        )
    with pytest.raises(UnreadableError):
        rows_of(path)


@pytest.mark.parametrize(
    "text",
    [
        page(WIDE.format("rowspan=65534", "x" * 1000), "<tr></tr>" * 3000),
        page(*[WIDE.format("", "x" * 100) * 10] * 300),
        page(*["<tr><td>x</td></tr>"] * 20_000, WIDE.format("", "")),
        XML.format("<Row>" + '<Cell ss:MergeDown="1048000"/>' * 20 + "</Row>"),
        XML.format('<Row><Cell ss:Index="16384"/></Row>' * 2_000),
        XML.format("<Row><Cell/></Row>" * 2_000 + '<Row><Cell ss:Index="16384"/></Row>'),
    ],
    ids=["rowspan", "colspan", "one wide row", "merged down", "far in every row", "far in one row"],
)
def test_spans_and_gaps_are_counted_before_they_are_filled(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.xls"
    path.write_text(text, encoding="utf-8")
    assert path.stat().st_size < 500_000
    with pytest.raises(UnreadableError, match="hàng triệu ô"):
        rows_of(path)


def test_a_report_with_merged_groups_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.xls"
    row = "".join(f"<td>{cell}</td>" for cell in ROW)
    path.write_text(page(*["<tr><td colspan=6>Lĩnh vực hộ tịch</td></tr>", f"<tr>{row}</tr>" * 9] * 300), "utf-8")
    assert rows_of(path) == 3_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", ";".join([*HEADERS, *(f"c{n}" for n in range(3_000))]) + "\n"),
        ("x.json", "[" + ",".join(f'{{"k{n}":"1"}}' for n in range(3_000)) + "]"),
        ("x.xls", page("<tr></tr>").replace("</tr>", "<td>c</td>" * 3_000 + "</tr>", 1)),
    ],
)
def test_a_table_of_thousands_of_columns_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableError, match=r"cột, quá 2,000"):
        rows_of(path)


def test_a_quote_that_never_closes_is_a_broken_line_in_a_fresh_process(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    row = ";".join(ROW)
    path.write_text("\n".join([";".join(HEADERS), row, f'{row[:20]};"{row}', *[row] * 2_000, ""]), encoding="utf-8")
    assert path.stat().st_size > 131_072
    code = (
        f"from pathlib import Path; from tests.ingest.test_poison import rows_of; print(rows_of(Path({str(path)!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 1


def test_half_an_emoji_sets_its_row_aside(tmp_path: Path) -> None:
    row = ", ".join(f'"{name}": "{cell}"' for name, cell in zip(HEADERS, ROW, strict=True))
    path = tmp_path / "x.json"
    path.write_text(
        f'[{{{row}}},\n{{{row}, "Trích yếu": "\\ud83d"}},\n{{{row}, "Trích yếu": "\\ud83d\\ude00"}}]', encoding="utf-8"
    )
    with duckdb.connect() as connection:
        sheet = open_delivery(connection, path, CONTRACT)
        lines = connection.execute("select line from raw").fetchall()
    assert list(sheet.broken_lines) == [3]
    assert "cắt đôi" in sheet.broken_lines[3]
    # `line` of `raw` does not count the broken ones.
    assert lines == [(2,), (3,)]
