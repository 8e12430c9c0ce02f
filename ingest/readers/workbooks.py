"""Reads workbooks (XLSX, XLSM, XLSB, XLS, ODS) with fastexcel, which reads cells as text and runs no macros, in a
process of its own.

Hidden columns and rows are read like any others: they are part of the delivery, and a filter left on must not lose
rows. A hidden sheet is often last year's or a list of choices, so it is read only when the contract names it.
"""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from ingest.disclosure import disclose
from ingest.readers.headers import Vocabulary
from ingest.readers.sheet import EmptyError, Sheet, UnreadableError, no_header, refuse_broken, spill_of
from ingest.readers.sheet_cells import error_texts, overlay, shown_cells, without_dimensions
from ingest.readers.sheet_extent import refuse_far_cells
from ingest.readers.sheet_process import WorkbookError, read_cells
from ingest.readers.tables import Grid, has_header, join_tables
from ingest.vietnamese.legacy_cells import repair_cells
from ingest.vietnamese.text import normalise_header

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
# Excel stores an encrypted workbook of any format in an OLE container, under this name in UTF-16.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LOCKED = "bảng tính bị khóa bằng mật khẩu; đề nghị bỏ mật khẩu (Lưu thành, Công cụ, Tùy chọn chung) rồi gửi lại"
_CUT = "không mở được như một bảng tính: tệp bị cắt ngang, thiếu phần cuối; đề nghị gửi lại cả tệp"
_HIDDEN = "trang tính ẩn; nếu là số liệu thì bỏ ẩn rồi gửi lại"
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
    """Opens every sheet with the source's table, of those that the contract names where it names any.

    Covers and guides may precede the table. Raises UnreadableError: locked, truncated, no workbook, no sheet of that
    name, no header, or a header only on a hidden sheet; EmptyError: no cell is filled.
    """
    files = vocabulary.contract.files
    _refuse_locked_and_cut(path)
    try:
        with refuse_broken(_NO_WORKBOOK):
            sheets = _load(path, files.sheets, spill_of(connection))
    except WorkbookError as error:
        raise UnreadableError(_LOCKED if "password" in str(error).lower() else _NO_WORKBOOK) from error
    grids, font = [], None
    for name, table, is_visible in sheets:
        repaired, own_font = repair_cells(table, files.encodings)
        font = font or own_font
        hidden = None if is_visible or files.sheets else _HIDDEN
        grids.append(Grid("trang tính", name, repaired, passed_over=hidden))
    if sheet := join_tables(connection, grids, vocabulary, font):
        return sheet
    hidden_tables = [grid.name for grid in grids if grid.passed_over and has_header(grid, vocabulary)]
    if hidden_tables:
        named = "», «".join(map(disclose, hidden_tables))
        raise UnreadableError(f"bảng số liệu chỉ có ở trang tính ẩn «{named}»; đề nghị bỏ ẩn trang đó rồi gửi lại")
    raise no_header(vocabulary.contract) if any(grid.cells.num_rows for grid in grids) else EmptyError(_EMPTY)


def _load(path: Path, wanted: list[str], spill: Path | None) -> list[tuple[str, pa.Table, bool]]:
    """Returns name, cells as text and visibility of each sheet that may be read."""
    try:
        return _load_sheets(path, path, wanted, spill)
    except WorkbookError:
        with path.open("rb") as handle:
            if handle.read(len(ZIP)) != ZIP:
                raise
        with TemporaryDirectory(dir=spill) as folder:
            fixed = without_dimensions(path, Path(folder))
            if fixed is None:
                raise
            return _load_sheets(fixed, path, wanted, spill)


def _load_sheets(
    path: Path, delivered: Path, wanted: list[str], spill: Path | None
) -> list[tuple[str, pa.Table, bool]]:
    shown = shown_cells(delivered)
    return [
        (one.name, overlay(one.table, error_texts(one.errors) | shown.get(one.name, {})), one.is_visible)
        for one in read_cells(path, lambda present: _chosen(present, wanted), spill)
    ]


def _chosen(present: list[str], wanted: list[str]) -> list[str]:
    if not wanted:
        return present
    named = {normalise_header(name): name for name in present}
    if chosen := [named[name] for name in map(normalise_header, wanted) if name in named]:
        return chosen
    raise UnreadableError(
        f"không có trang tính «{'» hoặc «'.join(wanted)}»; tệp có các trang: "
        f"{', '.join(map(disclose, present)) or 'không trang nào'}"
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
