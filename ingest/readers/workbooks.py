"""Reads workbooks (XLSX, XLSM, XLSB, XLS, ODS) with fastexcel, which reads cells as text and runs no macros.

Hidden columns and rows are read like any others: they are part of the delivery, and a filter left on must not lose
rows. A hidden sheet is often last year's or a list of choices, so it is read only when the contract names it.
"""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.readers.headers import Vocabulary, find_header
from ingest.readers.sheet import (
    EmptyError,
    Sheet,
    UnreadableError,
    define_raw,
    no_header,
    refuse_broken,
    texts_of,
    titles_of,
)
from ingest.readers.sheet_extent import refuse_far_cells
from ingest.vietnamese.legacy_cells import repair_cells
from ingest.vietnamese.text import normalise_header

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
# Excel stores an encrypted workbook of any format in an OLE container, under this name in UTF-16.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LOCKED = "bảng tính bị khóa bằng mật khẩu; đề nghị bỏ mật khẩu (Lưu thành, Công cụ, Tùy chọn chung) rồi gửi lại"
_CUT = "không mở được như một bảng tính: tệp bị cắt ngang, thiếu phần cuối; đề nghị gửi lại cả tệp"
_EMPTY = "bảng tính trống, không ô nào có dữ liệu; đề nghị kết xuất và gửi lại"
_NO_WORKBOOK = (
    "không mở được như một bảng tính Excel: tệp hỏng hoặc không phải bảng tính; đề nghị mở bằng Excel, lưu lại dạng "
    ".xlsx rồi gửi lại"
)


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Returns whether a zip is a workbook, by its contents and not by its name."""
    names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        return True
    if "mimetype" not in names:
        return False
    with archive.open("mimetype") as kind:
        return kind.read(len(_OPEN_DOCUMENT) + 1).strip() == _OPEN_DOCUMENT


def open_workbook(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary) -> Sheet:
    """Opens the first sheet that the contract names, or else the first one with a header.

    Covers and guides may precede the table. Raises UnreadableError: locked, truncated, no workbook, no sheet of that
    name, no header, or a header only on a hidden sheet; EmptyError: no cell is filled.
    """
    import fastexcel

    files = vocabulary.contract.files
    _refuse_locked_and_cut(path)
    try:
        # Given a path, fastexcel would decide by the file extension.
        workbook = fastexcel.read_excel(path.read_bytes())
        hidden, is_filled = [], False
        for name in _chosen(workbook.sheet_names, files.sheets):
            # Without skip_rows=0 fastexcel drops empty rows at the top, which makes every line number wrong.
            sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            table, font = repair_cells(pa.table(sheet.to_arrow()), files.encodings)
            is_filled = is_filled or table.num_rows > 0
            top = [texts_of(row.values()) for row in table.slice(0, files.header_search_rows).to_pylist()]
            if found := find_header(top, vocabulary):
                if sheet.visible == "visible" or files.sheets:
                    return define_raw(connection, table, found, titles_of(top[: found.first]), encoding=font)
                hidden.append(name)
    except fastexcel.FastExcelError as error:
        raise UnreadableError(_LOCKED if "password" in str(error).lower() else _NO_WORKBOOK) from error
    if hidden:
        raise UnreadableError(
            f"bảng số liệu chỉ có ở trang tính ẩn «{'», «'.join(hidden)}»; đề nghị bỏ ẩn trang đó rồi gửi lại"
        )
    raise no_header(vocabulary.contract) if is_filled else EmptyError(_EMPTY)


def _chosen(present: list[str], wanted: list[str]) -> list[str]:
    if not wanted:
        return present
    named = {normalise_header(name): name for name in present}
    if chosen := [named[name] for name in map(normalise_header, wanted) if name in named]:
        return chosen
    raise UnreadableError(
        f"không có trang tính «{'» hoặc «'.join(wanted)}»; tệp có các trang: {', '.join(present) or 'không trang nào'}"
    )


def _refuse_locked_and_cut(path: Path) -> None:
    with path.open("rb") as handle:
        if handle.read(4) == OLE:
            with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if content.find(_ENCRYPTED) >= 0:
                    raise UnreadableError(_LOCKED)
            return
    with refuse_broken(_CUT):
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
        if "word/document.xml" in names:
            raise UnreadableError("đây là văn bản Word, không phải bảng tính; đề nghị gửi tệp .xlsx hoặc .csv")
        refuse_far_cells(path)
