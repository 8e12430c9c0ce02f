"""Writes a self-assessment workbook with xlsxwriter: what an agency fills in is open, everything else is locked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from ingest.contract import load_contracts
from ingest.templates.assessment import AskedAgency, AskedCriterion

HEADERS = (
    ("Mã tiêu chí", 10),
    ("Tiêu chí", 52),
    ("Điểm tối đa", 10),
    ("Điểm tự chấm", 10),
    ("Áp dụng", 9),
    ("Lý do không áp dụng", 24),
    ("Văn bản", 18),
    ("Tình trạng tài liệu kiểm chứng", 14),
    ("Tài liệu kiểm chứng", 30),
    ("Giải trình", 36),
    ("Cách tính điểm", 48),
)
_CODE, _NAME, _MOST, _POINTS, _APPLIES, _REASON, _DOCUMENT, _EVIDENCE, _PAPERS, _WHY, _RULE = range(len(HEADERS))
_FIRST = 4
_INSTRUCTIONS = (
    "Chỉ nhập vào các ô màu vàng; các ô khác đã khóa và lấy từ sổ đăng ký của tỉnh.",
    "Điểm tự chấm từ 0 đến điểm tối đa của tiêu chí, bước 0,25; tiêu chí tính theo tỷ lệ được ghi số lẻ.",
    "Ô điểm màu xám: tiêu chí tính từ kết quả khảo sát hoặc từ sổ hồ sơ một cửa, đơn vị không tự chấm.",
    "Tiêu chí không áp dụng theo sổ đăng ký đã ghi sẵn lý do và văn bản. Nếu trong năm không phát sinh việc, chọn "
    "«Không» ở cột Áp dụng, chọn lý do «Không phát sinh» và ghi số văn bản; để trống ô điểm.",
    "Mỗi tiêu chí chọn tình trạng tài liệu kiểm chứng; thiếu hoặc không có thì ghi lý do ở cột Giải trình.",
    "Điểm của lĩnh vực và tổng điểm tự cộng. Không thêm, xóa hoặc đổi chỗ dòng và cột.",
    "Không ghi họ tên, số điện thoại của người dân vào bảng. Lưu dạng .xlsx rồi nộp vào thư mục assessments.",
)


def write_workbook(target: Path, asked: AskedAgency) -> None:
    """Writes the workbook of one agency. The reader of assessments takes the filled one as any other delivery."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(workbook_bytes(asked))


def write_zip(target: Path, all_asked: Sequence[AskedAgency]) -> list[str]:
    """Writes the workbooks of many agencies into one archive; returns the names in it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    names = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for asked in all_asked:
            names.append(file_name(asked))
            archive.writestr(names[-1], workbook_bytes(asked))
    return names


def file_name(asked: AskedAgency) -> str:
    """Returns the name under which an agency sends its workbook."""
    return f"tu_cham_{asked.agency_id}_{asked.year}.xlsx"


def workbook_bytes(asked: AskedAgency) -> bytes:
    """Returns the workbook as bytes."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Bảng điểm")
        _write_points(sheet, asked, _formats(workbook))
    return stream.getvalue()


def _formats(workbook: xlsxwriter.Workbook) -> dict[str, Format]:
    border = {"border": 1, "valign": "top", "text_wrap": True}
    return {
        "title": workbook.add_format({"bold": True, "font_size": 14}),
        "bold": workbook.add_format({**border, "bold": True, "bg_color": "#E7ECF2"}),
        "plain": workbook.add_format(border),
        "grey": workbook.add_format({**border, "bg_color": "#DDDDDD"}),
        "open": workbook.add_format({**border, "bg_color": "#FFF8D6", "locked": False}),
    }


def _write_points(sheet: Worksheet, asked: AskedAgency, styles: dict[str, Format]) -> None:
    sheet.write_string(0, 0, f"BẢNG TỰ CHẤM ĐIỂM CẢI CÁCH HÀNH CHÍNH NĂM {asked.year}", styles["title"])
    sheet.write_string(1, 0, f"Đơn vị: {asked.agency_name}", styles["title"])
    # Above the table: a sheet of its own would be reported as one that is not read.
    guide = "\n".join([f"Hướng dẫn ({asked.set_name})", *(f"– {text}" for text in _INSTRUCTIONS)])
    sheet.merge_range(2, 0, 2, _RULE, guide, styles["plain"])
    sheet.set_row(2, 15 * (len(_INSTRUCTIONS) + 2))
    for column, (header, width) in enumerate(HEADERS):
        sheet.write_string(_FIRST - 1, column, header, styles["bold"])
        sheet.set_column(column, column, width)
    place = {row.code: at for at, row in enumerate(asked.rows, _FIRST) if not row.is_heading}
    for at, row in enumerate(asked.rows, _FIRST):
        if row.is_heading:
            _write_sums(sheet, at, row.code, row.name, [place[code] for code in row.below], row.max_points, styles)
        else:
            _write_criterion(sheet, at, row, styles)
    counted = [place[row.code] for row in asked.leaves if not row.is_beside]
    total = sum(
        (row.max_points for row in asked.leaves if not row.is_beside), start=type(asked.leaves[0].max_points)(0)
    )
    _write_sums(sheet, _FIRST + len(asked.rows), "Tổng cộng", "", counted, total, styles)
    sheet.freeze_panes(_FIRST, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_FIRST - 1)
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _write_sums(
    sheet: Worksheet, at: int, code: str, name: str, below: list[int], most: object, styles: dict[str, Format]
) -> None:
    style = styles["bold"]
    sheet.write_string(at, _CODE, code, style)
    sheet.write_string(at, _NAME, name, style)
    # The sum of the points has no stored value: a program that fills the cells in without computing leaves none.
    for column, value in ((_MOST, float(str(most))), (_POINTS, "")):
        # A sum of single cells, so that neither a heading between them nor a bonus counts.
        cells = ",".join(_ranges(below, column))
        sheet.write_formula(at, column, f"=SUM({cells})", style, value)
    for column in range(_APPLIES, len(HEADERS)):
        sheet.write_blank(at, column, None, style)


def _ranges(rows: list[int], column: int) -> list[str]:
    """Returns neighbouring rows as ranges: a function takes at most 255 arguments."""
    found: list[list[int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1][1] = row
        else:
            found.append([row, row])
    return [f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(last, column)}" for first, last in found]


def _write_criterion(sheet: Worksheet, at: int, row: AskedCriterion, styles: dict[str, Format]) -> None:
    words = _choices()
    is_asked = row.is_self_scored and row.exclusion_reason is None
    sheet.write_string(at, _CODE, row.code, styles["plain"])
    sheet.write_string(at, _NAME, row.name, styles["plain"])
    sheet.write_number(at, _MOST, float(row.max_points), styles["plain"])
    for column in (_POINTS, _APPLIES, _REASON, _DOCUMENT, _EVIDENCE, _PAPERS, _WHY):
        sheet.write_blank(at, column, None, styles["open" if is_asked else "grey"])
    sheet.write_string(at, _RULE, row.rule, styles["plain"])
    if row.exclusion_reason is not None:
        sheet.write_string(at, _APPLIES, words["is_applicable"]["false"], styles["grey"])
        reason = words["exclusion_reason"].get(row.exclusion_reason, words["exclusion_reason"]["other"])
        sheet.write_string(at, _REASON, reason, styles["grey"])
        sheet.write_string(at, _DOCUMENT, row.exclusion_document or "", styles["grey"])
    if not is_asked:
        return
    sheet.data_validation(
        at,
        _POINTS,
        at,
        _POINTS,
        {
            "validate": "decimal",
            "criteria": "between",
            "minimum": float(row.min_points),
            "maximum": float(row.max_points),
            "error_title": "Điểm tự chấm",
            "error_message": f"Điểm từ {row.min_points:f} đến {row.max_points:f}.".replace(".", ",", 1),
        },
    )
    for column, listed in (
        (_APPLIES, list(words["is_applicable"].values())),
        (_REASON, [words["exclusion_reason"]["no_case_arose"]]),
        (_EVIDENCE, list(words["evidence_status"].values())),
    ):
        sheet.data_validation(at, column, at, column, {"validate": "list", "source": listed})


def _choices() -> dict[str, dict[str, str]]:
    """Returns by column of the contract the first word for each of its values: what the reader understands."""
    columns = {column.name: column for column in load_contracts()["assessments"].columns}
    return {
        name: {value: words[0] for value, words in columns[name].values.items()}
        for name in ("is_applicable", "exclusion_reason", "evidence_status")
    }
