"""Writes minimal valid .xls and .xlsb files, because no installed library writes either format.

Records are as in [MS-XLS] (BIFF8, in one stream of a compound file, [MS-CFB]) and [MS-XLSB] (BIFF12, in a zip).
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence

Cell = str | float | None
_SECTOR = 512
_END, _FREE, _FAT, _NO_ENTRY = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
# Smaller streams are stored in a second, finer allocation table.
_SMALLEST_STREAM = 4096
_WORKBOOK, _SHEET = 0x0005, 0x0010
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
)
_RELATION = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
)


def xls_bytes(rows: Sequence[Sequence[Cell]], sheet: str = "Sheet1") -> bytes:
    """Returns a workbook of Excel 97 to 2003 with one sheet; numbers stay numbers, None leaves a cell empty."""
    cells = b"".join(_xls_cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row))
    dimensions = struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows), default=0), 0)
    table = _xls_begin(_SHEET) + _xls(0x0200, dimensions) + cells + _xls(0x000A)
    name = _xls_text(sheet, "<B")
    bound = _xls(0x0085, struct.pack("<IBB", 0, 0, 0) + name)
    code_page = _xls(0x0042, struct.pack("<H", 1200))
    start = len(_xls_begin(_WORKBOOK) + code_page + bound + _xls(0x000A))
    bound = _xls(0x0085, struct.pack("<IBB", start, 0, 0) + name)
    return _compound_file("Workbook", _xls_begin(_WORKBOOK) + code_page + bound + _xls(0x000A) + table)


def _xls(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _xls_begin(kind: int) -> bytes:
    return _xls(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 1996, 0, 6))


def _xls_text(text: str, length: str) -> bytes:
    """Returns the length of the text and the text as UTF-16."""
    return struct.pack(length, len(text)) + b"\1" + text.encode("utf-16-le")


def _xls_cell(row: int, column: int, value: Cell) -> bytes:
    if value is None:
        return b""
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return _xls(0x0204, place + _xls_text(value, "<H"))
    return _xls(0x0203, place + struct.pack("<d", value))


def _compound_file(name: str, stream: bytes) -> bytes:
    """Returns a file with one stream: header, allocation table, directory, then the sectors in sequence."""
    stream = stream.ljust(_SMALLEST_STREAM, b"\0")
    stream += bytes(-len(stream) % _SECTOR)
    n_sectors = len(stream) // _SECTOR
    chain = [_FAT, _END, *range(3, 2 + n_sectors), _END]
    assert len(chain) <= _SECTOR // 4, "one sector of allocation table"
    table = struct.pack(f"<{_SECTOR // 4}I", *chain, *[_FREE] * (_SECTOR // 4 - len(chain)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, _SMALLEST_STREAM, _END, 0, _END, 0)
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    directory = _entry("Root Entry", 5, 1, _END, 0) + _entry(name, 2, _NO_ENTRY, 2, len(stream)) + bytes(256)
    return header + table + directory + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    return head + struct.pack("<III", _NO_ENTRY, _NO_ENTRY, child) + bytes(36) + struct.pack("<IQ", start, size)


def xlsb_bytes(rows: Sequence[Sequence[Cell]], sheet: str = "Sheet1") -> bytes:
    """Returns a binary workbook of Excel 2007 and later with one sheet."""
    body = []
    for number, row in enumerate(rows):
        body.append(_xlsb(0x00, struct.pack("<IIHHBI", number, 0, 300, 0, 0, 0)))
        body += [_xlsb_cell(column, value) for column, value in enumerate(row) if value is not None]
    last = struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, max(map(len, rows), default=1) - 1)
    table = _xlsb(0x81) + _xlsb(0x94, last) + _xlsb(0x91) + b"".join(body) + _xlsb(0x92) + _xlsb(0x82)
    bound = struct.pack("<II", 0, 1) + _xlsb_text("rId1") + _xlsb_text(sheet)
    book = _xlsb(0x83) + _xlsb(0x8F) + _xlsb(0x9C, bound) + _xlsb(0x90) + _xlsb(0x84)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATION.format("officeDocument", "xl/workbook.bin")),
            ("xl/workbook.bin", book),
            ("xl/_rels/workbook.bin.rels", _RELATION.format("worksheet", "worksheets/sheet1.bin")),
            ("xl/worksheets/sheet1.bin", table),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content)
    return packed.getvalue()


def _xlsb(kind: int, data: bytes = b"") -> bytes:
    """Returns a record: its kind in one or two bytes, its size in groups of seven bits, its data."""
    begin = bytes([kind]) if kind < 0x80 else bytes([kind, 0x01])
    size, length = b"", len(data)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return begin + size + data


def _xlsb_text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _xlsb_cell(column: int, value: str | float) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, str):
        return _xlsb(0x06, place + _xlsb_text(value))
    return _xlsb(0x05, place + struct.pack("<d", value))
