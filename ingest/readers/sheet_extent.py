"""Limits the extent of a workbook: its reader allocates every cell between the first and the last.

One stray value in the last cell of a sheet is a kilobyte in the file and hundreds of gigabytes in memory.
"""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path

from ingest.readers.sheet import UnreadableError

# About two gigabytes in the reader: a sheet of a million rows and sixty columns.
MOST_CELLS = 64_000_000
_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 1 << 14
_SHEET = re.compile(r"xl/worksheets/[^/]+\.(?:xml|bin)", re.I)
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\s[^>]*?ref="[^":]*:([A-Z]{1,3})(\d{1,7})"')
# Matches any cell reference, whole or cut at the border of a chunk.
_PLACE = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"')
_LONGEST_PLACE = 16
# BrtWsDim: first and last row, first and last column.
_BINARY_DIMENSION = re.compile(rb"\x94\x01\x10(.{16})", re.S)


def refuse_far_cells(path: Path) -> None:
    """Raises UnreadableError when a sheet of an XLSX or XLSB is too large. Other files pass."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if _SHEET.fullmatch(info.filename):
                rows, columns = _extent(archive, info)
                if rows * columns > MOST_CELLS:
                    raise UnreadableError(
                        f"có trang tính trải rộng {rows:,} dòng và {columns:,} cột vì có ô ghi ở rất xa bảng số liệu; "
                        "đề nghị xóa các dòng, cột thừa bên ngoài bảng rồi gửi lại"
                    )


def _extent(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Returns the declared rows and columns; where none or only one cell is declared, those of the cells."""
    with archive.open(info) as sheet:
        head = sheet.read(_HEAD_BYTES)
        if info.filename.lower().endswith(".bin"):
            found = _BINARY_DIMENSION.search(head)
            _, last_row, _, last_column = struct.unpack("<4I", found[1]) if found else (0, 0, 0, 0)
            return last_row + 1, last_column + 1
        if declared := _DIMENSION.search(head):
            return int(declared[2]), _column_number(declared[1])
        rows, letters, window = 0, {b"A"}, head
        while window:
            for column, row in _PLACE.findall(window):
                letters.add(column)
                rows = max(rows, int(row))
            chunk = sheet.read(_CHUNK_BYTES)
            window = window[-_LONGEST_PLACE:] + chunk if chunk else b""
        return rows, max(map(_column_number, letters))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
