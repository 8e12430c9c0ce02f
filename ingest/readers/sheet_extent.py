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
_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Z]+)\d")
_FAR_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{2,})\d")
_ROW = re.compile(rb"[\"'][A-Z]*(\d+)")
_LONGEST_PLACE = 40
# BrtWsDim: first and last row, first and last column.
_BINARY_DIMENSION = re.compile(rb"\x94\x01\x10(.{16})", re.S)


def refuse_far_cells(path: Path) -> None:
    """Raises UnreadableError when the sheets of an XLSX or XLSB are too large together. Other files pass."""
    cells = 0
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if _SHEET.fullmatch(info.filename):
                rows, columns = _extent(archive, info)
                cells += rows * columns
                if cells > MOST_CELLS:
                    raise UnreadableError(
                        f"có trang tính trải rộng {rows:,} dòng và {columns:,} cột vì có ô ghi ở rất xa bảng số liệu; "
                        "đề nghị xóa các dòng, cột thừa bên ngoài bảng rồi gửi lại"
                    )


def _extent(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Returns the rows and columns of the cells, whatever the sheet declares; of a binary sheet the declared ones.

    Rows stand in order, so that the last reference of each chunk is enough. Where they do not, the reading process is
    the guard.
    """
    if info.filename.lower().endswith(".bin"):
        with archive.open(info) as sheet:
            found = _BINARY_DIMENSION.search(sheet.read(_HEAD_BYTES))
        _, last_row, _, last_column = struct.unpack("<4I", found[1]) if found else (0, 0, 0, 0)
        return last_row + 1, last_column + 1
    letters, rows, window = {b"A"}, 0, b""
    with archive.open(info) as sheet:
        while chunk := sheet.read(_CHUNK_BYTES):
            letters.update((_FAR_COLUMN if window else _COLUMN).findall(window + chunk))
            window = window[-_LONGEST_PLACE:] + chunk
            if last := _ROW.match(window, max(window.rfind(b' r="'), window.rfind(b" r='")) + len(b" r=")):
                rows = max(rows, int(last[1]))
            window = chunk[-_LONGEST_PLACE:]
    return rows, max(map(_column_number, letters))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
