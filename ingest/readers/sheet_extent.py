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
_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Z]+)\d")
_FAR_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Z]{2,})\d")
_ROW = re.compile(rb"[\"'][A-Z]*(\d+)")
_LONGEST_PLACE = 40
# BrtWsDim: first and last row, first and last column.
_BINARY_DIMENSION = re.compile(rb"\x94\x01\x10(.{16})", re.S)


def refuse_far_cells(path: Path, *, is_declaration_enough: bool = True) -> None:
    """Raises UnreadableError when the sheets of an XLSX or XLSB are too large together. Other files pass.

    A sheet is as large as it declares to be, which costs nothing to read, unless that is nothing or too much; a file
    that ended the reading process is looked at cell by cell.
    """
    cells = 0
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if _SHEET.fullmatch(info.filename):
                rows, columns = _declared(archive, info)
                if _is_xml(info) and not (is_declaration_enough and 1 < rows * columns <= MOST_CELLS):
                    rows, columns = _extent(archive, info)
                cells += rows * columns
                if cells > MOST_CELLS:
                    raise UnreadableError(
                        f"có trang tính trải rộng {rows:,} dòng và {columns:,} cột vì có ô ghi ở rất xa bảng số liệu; "
                        "đề nghị xóa các dòng, cột thừa bên ngoài bảng rồi gửi lại"
                    )


def _is_xml(info: zipfile.ZipInfo) -> bool:
    return info.filename.lower().endswith(".xml")


def _declared(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Returns the rows and columns that a sheet declares; one cell where it declares none."""
    with archive.open(info) as sheet:
        head = sheet.read(_HEAD_BYTES)
    if not _is_xml(info):
        found = _BINARY_DIMENSION.search(head)
        _, last_row, _, last_column = struct.unpack("<4I", found[1]) if found else (0, 0, 0, 0)
        return last_row + 1, last_column + 1
    declared = _DIMENSION.search(head)
    return (int(declared[2]), _column_number(declared[1])) if declared else (1, 1)


def _extent(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Returns the rows and columns of the cells of a sheet.

    Rows stand in order, so that the last reference of each chunk is enough.
    """
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
