"""Writes survey forms as field teams send them: workbooks with two header lines, CSV, and web pages named .xls."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from demo.files import BYTE_ORDER_MARK, SYNTHETIC_LABEL, WORKBOOK_CREATED
from demo.forms import FORM_HEADERS, RESPONDENT_HEADERS, headers_of
from demo.questionnaires import Questionnaire

_PERIOD = "Từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y}"
_HEADER_ROW = 4
_RESPONDENT = "Thông tin người trả lời"

Rows = Sequence[Sequence[Any]]


def write_form_book(
    path: Path, title: str, period: tuple[date, date], questionnaire: Questionnaire, factors: dict[str, str], rows: Rows
) -> None:
    """Writes a workbook: title rows, factor names merged over their questions, a totals row at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook = xlsxwriter.Workbook(path, {"in_memory": True})
    workbook.set_properties({"title": SYNTHETIC_LABEL, "created": WORKBOOK_CREATED})
    sheet = workbook.add_worksheet("Phiếu khảo sát")
    heading = workbook.add_format({"bold": True, "align": "center", "text_wrap": True})
    day = workbook.add_format({"num_format": "dd/mm/yyyy"})
    headers = headers_of(questionnaire)
    for line, text in enumerate((title, _PERIOD.format(first=period[0], last=period[1]), SYNTHETIC_LABEL)):
        sheet.merge_range(line, 0, line, len(headers) - 1, text, heading)
    _write_headers(sheet, headers, questionnaire, factors, heading)
    for line, row in enumerate(rows, _HEADER_ROW + 2):
        for column, value in enumerate(row):
            _write_value(sheet, line, column, value, day)
    end = _HEADER_ROW + 2 + len(rows)
    sheet.write_string(end, 0, "Tổng cộng", heading)
    sheet.write_string(end, 2, f"{len(rows)} phiếu", heading)
    workbook.close()


def write_form_csv(path: Path, questionnaire: Questionnaire, rows: Rows) -> None:
    """Writes a semicolon CSV with BOM and CRLF; its name contains the period."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(headers_of(questionnaire))
    writer.writerows([_text(value) for value in row] for row in rows)
    path.write_bytes(BYTE_ORDER_MARK + text.getvalue().encode())


def write_form_page(
    path: Path, title: str, period: tuple[date, date], questionnaire: Questionnaire, rows: Rows
) -> None:
    """Writes an HTML table under a title, as hospital software saves it with the extension .xls."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>',
        f"<p><b>{escape(title)}</b></p>",
        f"<p>{_PERIOD.format(first=period[0], last=period[1])}</p>",
        f"<p>{escape(SYNTHETIC_LABEL)}</p>",
        '<table border="1">',
        f"<tr>{''.join(f'<th>{escape(header)}</th>' for header in headers_of(questionnaire))}</tr>",
        *(f"<tr>{''.join(f'<td>{escape(_text(value))}</td>' for value in row)}</tr>" for row in rows),
        "</table></body></html>",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def _write_headers(
    sheet: Worksheet, headers: list[str], questionnaire: Questionnaire, factors: dict[str, str], heading: Format
) -> None:
    for column, header in enumerate(FORM_HEADERS):
        sheet.merge_range(_HEADER_ROW, column, _HEADER_ROW + 1, column, header, heading)
    at = len(FORM_HEADERS)
    for factor, items in groupby(questionnaire.items, key=lambda item: item.factor_code):
        at = _write_group(sheet, at, factors.get(factor, factor), len(list(items)), heading)
    _write_group(sheet, at, _RESPONDENT, len(RESPONDENT_HEADERS), heading)
    for column, header in enumerate(headers):
        sheet.set_column(column, column, 14)
        if column >= len(FORM_HEADERS):
            sheet.write_string(_HEADER_ROW + 1, column, header, heading)


def _write_group(sheet: Worksheet, first: int, name: str, width: int, heading: Format) -> int:
    if width > 1:
        sheet.merge_range(_HEADER_ROW, first, _HEADER_ROW, first + width - 1, name, heading)
    else:
        sheet.write_string(_HEADER_ROW, first, name, heading)
    return first + width


def _write_value(sheet: Worksheet, line: int, column: int, value: Any, day: Format) -> None:
    if value is None:
        return
    if isinstance(value, date):
        sheet.write_datetime(line, column, value, day)
    elif isinstance(value, int) or (len(value) == 1 and value.isdigit()):
        # Typed digits become numbers in the workbook.
        sheet.write_number(line, column, int(value))
    else:
        sheet.write_string(line, column, value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
