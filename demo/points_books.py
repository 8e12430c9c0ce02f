"""Writes a table of points as a workbook: titles, one or two header lines, area and total rows, a signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from demo.files import SYNTHETIC_LABEL, WORKBOOK_CREATED

_WIDTHS = {"Tiêu chí": 50, "Đơn vị": 30}
# Separates the name of a column group from the header below it.
_OVER = "/"


@dataclass(frozen=True)
class Line:
    """One line below the header: `kind` is row, area, group or total.

    `merged` lines, starting with the one that names the agency, share one cell in the merged column.
    """

    kind: str
    cells: list[object]
    merged: int = 1


def write_points_book(
    path: Path,
    titles: Sequence[str],
    headers: Sequence[str],
    lines: Sequence[Line],
    signature: Sequence[str],
    *,
    decimal_comma: bool,
    merged_column: int | None = None,
) -> None:
    """Writes one workbook. A header `Điểm/Tối đa` takes two lines, its first part merged over its neighbours.

    Points are numbers, or text with a decimal comma; codes are text.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook = xlsxwriter.Workbook(path, {"in_memory": True})
    workbook.set_properties({"title": SYNTHETIC_LABEL, "created": WORKBOOK_CREATED})
    sheet = workbook.add_worksheet("Bảng điểm")
    bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "vcenter"})
    for at, text in enumerate((*titles, SYNTHETIC_LABEL)):
        sheet.merge_range(at, 0, at, len(headers) - 1, text, bold)
    first = _write_headers(sheet, len(titles) + 2, headers, bold)
    for at, line in enumerate(lines, first):
        style = None if line.kind == "row" else bold
        for column, value in enumerate(line.cells):
            if column == merged_column and line.kind != "group":
                if value is not None:
                    sheet.merge_range(at, column, at + line.merged - 1, column, value, bold)
            else:
                _write_cell(sheet, at, column, value, style, decimal_comma=decimal_comma)
    for at, text in enumerate(signature, first + len(lines) + 1):
        sheet.write_string(at, len(headers) - 3, text, bold)
    workbook.close()


def _write_headers(sheet: Worksheet, row: int, headers: Sequence[str], bold: Format) -> int:
    is_double = any(_OVER in header for header in headers)
    column = 0
    for above, group in groupby(headers, key=lambda header: header.split(_OVER)[0]):
        width = len(list(group))
        if not is_double:
            sheet.write_string(row, column, above, bold)
        elif width > 1:
            sheet.merge_range(row, column, row, column + width - 1, above, bold)
            for at in range(column, column + width):
                sheet.write_string(row + 1, at, headers[at].split(_OVER)[1], bold)
        else:
            sheet.merge_range(row, column, row + 1, column, above, bold)
        column += width
    for at, header in enumerate(headers):
        sheet.set_column(at, at, _WIDTHS.get(header, 14))
    return row + (2 if is_double else 1)


def _write_cell(
    sheet: Worksheet, row: int, column: int, value: object, style: Format | None, *, decimal_comma: bool
) -> None:
    if isinstance(value, float) and decimal_comma:
        sheet.write_string(row, column, f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ","), style)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, style)
    elif value is not None:
        sheet.write_string(row, column, str(value), style)
