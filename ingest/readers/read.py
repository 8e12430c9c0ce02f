"""Reads a delivered file into a table of text with one column per cell position and the line of each row.

No reader guesses a type: `1.10`, `000123` and dates keep the text of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from ingest.contract import Contract
from ingest.readers.csv_files import count_broken_lines, open_csv
from ingest.readers.headers import Vocabulary
from ingest.readers.html_tables import join_pages, looks_like_html, read_tables
from ingest.readers.json_files import looks_like_json, open_json
from ingest.readers.sheet import EmptyError, Sheet, UnreadableError, no_header, spill_of
from ingest.readers.tables import Grid, join_tables, table_of
from ingest.readers.wide import unfold
from ingest.readers.workbooks import OLE, ZIP, open_workbook
from ingest.readers.xml_spreadsheets import (
    looks_like_web_archive,
    looks_like_xml_spreadsheet,
    read_web_archive,
    read_xml_spreadsheet,
)
from ingest.registry.items import NO_ITEMS, ItemBook
from ingest.vietnamese.legacy_text import Candidate, Encoding, EncodingError, transcode

__all__ = ["EmptyError", "Sheet", "UnreadableError", "count_broken_lines", "open_delivery"]

_HEAD_BYTES = 1 << 18
_BLANK = "tệp rỗng, không có dữ liệu; đề nghị kết xuất và gửi lại"
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_DISGUISED = {b"%PDF": "tệp PDF", b"\xff\xd8\xff": "ảnh JPEG", b"\x89PNG": "ảnh PNG", b"{\\rtf": "tệp RTF"}


def open_delivery(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, book: ItemBook = NO_ITEMS
) -> Sheet:
    """Opens a file by its content, not by its name, and defines `raw` on the connection.

    `book` has the item codes with which headers of a form begin.
    Raises UnreadableError when the bytes are no spreadsheet or text table, are truncated, or have no header row, and
    EmptyError when they contain no letter.
    """
    vocabulary = Vocabulary(contract, book)
    return unfold(connection, _open(connection, path, vocabulary), vocabulary)


def _open(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary) -> Sheet:
    with path.open("rb") as handle:
        head = handle.read(_HEAD_BYTES)
    if _is_blank(head) and path.stat().st_size <= _HEAD_BYTES:
        raise EmptyError(_BLANK)
    if head.startswith((ZIP, OLE)):
        return open_workbook(connection, path, vocabulary)
    for magic, kind in _DISGUISED.items():
        if head.startswith(magic):
            raise UnreadableError(f"đây là {kind}, không phải bảng tính; đề nghị gửi tệp .xlsx hoặc .csv")
    with text_in_utf8(connection, path, vocabulary.contract.files.encodings) as (text, encoding):
        if encoding == "utf-8":
            return _open_text(connection, path, vocabulary, head)
        with text.open("rb") as handle:
            sheet = _open_text(connection, text, vocabulary, handle.read(_HEAD_BYTES))
        if sheet.is_csv:
            keep_raw(connection)
        return replace(sheet, encoding=encoding, text=None)


def _is_blank(head: bytes) -> bool:
    """Returns whether there are only spaces, line ends and byte order marks; NUL bytes alone are a damaged file."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    letters = head.replace(b"\0", b"")
    return not letters.strip() and (bool(letters) or not head)


def _open_text(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary, head: bytes) -> Sheet:
    """Opens a text in UTF-8 that begins with `head`."""
    if looks_like_xml_spreadsheet(head):
        sheets = read_xml_spreadsheet(path.read_bytes().decode("utf-8-sig"))
        grids = [Grid("trang tính", name, table_of(rows)) for name, rows in sheets.items()]
        if sheet := join_tables(connection, grids, vocabulary, "utf-8"):
            return sheet
        raise no_header(vocabulary.contract)
    if looks_like_web_archive(head):
        return join_pages(connection, read_web_archive(path.read_bytes()), vocabulary)
    if looks_like_html(head):
        return _open_html(connection, path, vocabulary)
    if looks_like_json(head):
        return open_json(connection, path, vocabulary)
    return open_csv(connection, path, vocabulary, head)


def _open_html(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary) -> Sheet:
    """Opens every table of a page with the source's columns; pages also lay out their titles in tables."""
    try:
        tables = read_tables(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError(
            "trang web lưu thành .xls không đọc được như văn bản UTF-8; đề nghị mở bằng Excel, lưu lại dạng .xlsx "
            "rồi gửi lại"
        ) from error
    return join_pages(connection, {"": tables}, vocabulary)


@contextmanager
def text_in_utf8(
    connection: duckdb.DuckDBPyConnection, path: Path, candidates: Sequence[Candidate]
) -> Iterator[tuple[Path, Encoding]]:
    """Yields the file, or for legacy encodings a UTF-8 copy in DuckDB's spill folder, and the file's encoding.

    Raises UnreadableError when no candidate turns the bytes into Vietnamese.
    """
    with TemporaryDirectory(dir=spill_of(connection)) as folder:
        copy = Path(folder) / "utf8"
        try:
            encoding = transcode(path, copy, candidates)
        except EncodingError as error:
            raise UnreadableError(str(error)) from error
        yield (path if encoding == "utf-8" else copy), encoding


def keep_raw(connection: duckdb.DuckDBPyConnection) -> None:
    """Materialises the view `raw`, which otherwise reads its file for every query."""
    connection.execute("create or replace table kept as select * from raw").fetchall()
    connection.execute("drop view raw")
    connection.execute("alter table kept rename to raw")
