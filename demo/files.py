"""Writes files as senders do: semicolon CSV, and workbooks with titles and totals."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

SYNTHETIC_LABEL = "DỮ LIỆU MÔ PHỎNG – không phải hồ sơ thật"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A fixed creation date makes two runs identical.
WORKBOOK_CREATED = datetime(2016, 1, 1)


def write_csv_header(file: BinaryIO, headers: Sequence[str]) -> None:
    """Begins a UTF-8 CSV with BOM, semicolons and CRLF."""
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(headers)
    file.write(BYTE_ORDER_MARK + line.getvalue().encode())


def append_csv_rows(file: BinaryIO, connection: duckdb.DuckDBPyConnection, select: str, headers: Sequence[str]) -> int:
    """Writes the rows of a SELECT of text columns below the header, quoted where needed; returns their number."""
    line = " || ';' || ".join(_field(header) for header in headers)
    lines = connection.sql(f"select {line} || chr(13) || chr(10) as line from ({select})").to_arrow_table()["line"]
    for chunk in lines.chunks:
        # The data buffer of an Arrow column holds its strings contiguously, so it is the text of the file.
        offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        file.write(memoryview(chunk.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
    return len(lines)


def write_csv(path: Path, connection: duckdb.DuckDBPyConnection, select: str, headers: Sequence[str]) -> int:
    """Writes one whole CSV file; returns the number of its rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_csv_header(file, headers)
        return append_csv_rows(file, connection, select, headers)


def write_workbook(path: Path, rows: pa.Table, title: str, first: date, last: date, header_row: int) -> int:
    """Writes one workbook; returns the number of its rows.

    Title, period and synthetic label are in sheet rows 1 to 3, the column names in row `header_row` (4 or later), the
    rows below them, then a totals row. Timestamps become workbook dates, text stays text.
    """
    headers = rows.column_names
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook = xlsxwriter.Workbook(path, {"in_memory": True})
    workbook.set_properties({"title": SYNTHETIC_LABEL, "created": WORKBOOK_CREATED})
    sheet = workbook.add_worksheet("Sổ theo dõi")
    heading = workbook.add_format({"bold": True, "align": "center"})
    period = f"Từ ngày {first:%d/%m/%Y} Đến ngày {last:%d/%m/%Y}"
    for line, text in enumerate((title, period, SYNTHETIC_LABEL)):
        sheet.merge_range(line, 0, line, len(headers) - 1, text, heading)
    for column, header in enumerate(headers):
        sheet.write_string(header_row - 1, column, header, heading)
        sheet.set_column(column, column, 18)
        _write_column(sheet, header_row, column, rows[header], workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
    sheet.write_string(header_row + len(rows), 0, "Tổng cộng", heading)
    sheet.write_number(header_row + len(rows), 1, len(rows))
    workbook.close()
    return len(rows)


def _write_column(sheet: Worksheet, first: int, column: int, values: pa.ChunkedArray, moment: object) -> None:
    if pa.types.is_timestamp(values.type):
        for row, value in enumerate(values.to_pylist(), first):
            if value is not None:
                sheet.write_datetime(row, column, value, moment)
    elif pa.types.is_integer(values.type):
        for row, value in enumerate(values.to_pylist(), first):
            sheet.write_number(row, column, value)
    else:
        for row, value in enumerate(values.to_pylist(), first):
            if value is not None:
                sheet.write_string(row, column, value)


def _field(header: str) -> str:
    text = f"coalesce(\"{header}\", '')"
    needs_quotes = f"contains({text}, ';') or contains({text}, '\"')"
    return f"case when {needs_quotes} then '\"' || replace({text}, '\"', '\"\"') || '\"' else {text} end"
