"""A delivered file -> a table of text, one column per cell position, with the line it stands on.

CSV is parsed by DuckDB, spreadsheets by fastexcel (calamine), web pages saved as .xls by lxml. No reader guesses a
type: `1.10`, `000123` and dates arrive as the text that the file holds.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.arrow import text_array
from ingest.contract import Contract
from ingest.header_rows import FoundHeader, count_known, find_header
from ingest.headers import Vocabulary
from ingest.html_tables import looks_like_html, read_tables
from ingest.items import NO_ITEMS, ItemBook
from warehouse.sql import quote_text

_HEAD_BYTES = 1 << 18
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_DISGUISED = {b"%PDF": "tệp PDF", b"\xff\xd8\xff": "ảnh JPEG", b"\x89PNG": "ảnh PNG", b"{\\rtf": "tệp RTF"}


class UnreadableError(ValueError):
    """The bytes are not a file of this source; the message tells the sender what to do."""


@dataclass(frozen=True)
class Sheet:
    """An opened delivery: view or table `raw` of the connection has c0, c1, … (text) and `line`.

    `headers` are the texts of the header row by position, `titles` what stands above it: cells, and whole rows.
    """

    headers: list[str]
    titles: list[str]
    encoding: str | None
    is_csv: bool = False


def open_delivery(
    connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, book: ItemBook = NO_ITEMS
) -> Sheet:
    """Open a file by its content, whatever its name says, and define `raw` on the connection.

    `book` knows the item codes that headers of a form begin with.
    Raises UnreadableError when the bytes are no spreadsheet or text table, are cut off, or hold no header row.
    """
    with path.open("rb") as handle:
        head = handle.read(_HEAD_BYTES)
    if not head.strip():
        raise UnreadableError("tệp rỗng, không có dữ liệu; đề nghị kết xuất và gửi lại")
    vocabulary = Vocabulary(contract, book)
    if head.startswith((_ZIP, _OLE)):
        return _open_workbook(connection, path, vocabulary)
    if looks_like_html(head):
        return _open_html(connection, path, vocabulary)
    for magic, kind in _DISGUISED.items():
        if head.startswith(magic):
            raise UnreadableError(f"đây là {kind}, không phải bảng tính; đề nghị gửi tệp .xlsx hoặc .csv")
    return _open_csv(connection, path, vocabulary, head)


def count_broken_lines(connection: duckdb.DuckDBPyConnection, sheet: Sheet) -> dict[int, str]:
    """Lines of a CSV that the parser could not split into the header's columns -> why; after `raw` was read once."""
    if not sheet.is_csv:
        return {}
    kinds = {
        "MISSING COLUMNS": "thiếu ô so với dòng tiêu đề (tệp có thể bị cắt ngang)",
        "TOO MANY COLUMNS": "thừa ô so với dòng tiêu đề",
        "UNQUOTED VALUE": "dấu nháy kép mở mà không đóng",
        "INVALID ENCODING": "ký tự không phải UTF-8",
        "LINE SIZE OVER MAXIMUM": "dòng quá dài",
    }
    rows = connection.execute("select line, max(error_type::varchar) from reject_errors group by line").fetchall()
    return {int(line): kinds.get(kind, "không tách được thành các ô") for line, kind in rows}


def _open_workbook(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary) -> Sheet:
    """The first sheet that has a header: covers and guides stand before the table."""
    import fastexcel

    rows = vocabulary.contract.files.header_search_rows
    try:
        workbook = fastexcel.read_excel(str(path))
        for name in workbook.sheet_names:
            # Without skip_rows=0 empty rows at the top are left out, and every line number is wrong.
            cells = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            table = pa.table(cells.to_arrow())
            top = [_texts(row.values()) for row in table.slice(0, rows).to_pylist()]
            if found := find_header(top, vocabulary):
                return _define_raw(connection, table, found, _titles(top[: found.first]))
    except fastexcel.FastExcelError as error:
        raise UnreadableError(
            "không mở được như một bảng tính Excel: tệp bị cắt, bị khóa bằng mật khẩu hoặc không phải bảng tính; "
            "đề nghị mở bằng Excel, lưu lại dạng .xlsx rồi gửi lại"
        ) from error
    raise _no_header(vocabulary.contract)


def _open_html(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary) -> Sheet:
    """The largest table that has a header: pages lay out their titles in tables too."""
    try:
        tables = read_tables(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError(
            "trang web lưu thành .xls không đọc được như văn bản UTF-8; đề nghị mở bằng Excel, lưu lại dạng .xlsx "
            "rồi gửi lại"
        ) from error
    for table in sorted(tables, key=lambda table: -len(table.rows)):
        top = table.rows[: vocabulary.contract.files.header_search_rows]
        if found := find_header(top, vocabulary):
            width = max(map(len, table.rows))
            columns = zip(*(row + [""] * (width - len(row)) for row in table.rows), strict=True)
            arrays = [text_array(cell or None for cell in column) for column in columns]
            cells = pa.table(arrays, names=[str(at) for at in range(width)])
            titles = [*table.before, *_titles(top[: found.first])]
            return _define_raw(connection, cells, found, titles, encoding="utf-8")
    raise _no_header(vocabulary.contract)


def _define_raw(
    connection: duckdb.DuckDBPyConnection,
    cells: pa.Table,
    found: FoundHeader,
    titles: list[str],
    encoding: str | None = None,
) -> Sheet:
    """`raw` from the rows below the header that hold anything."""
    names = [f"c{at}" for at in range(cells.num_columns)]
    body = cells.slice(found.after).rename_columns(names)
    first = found.after + 1
    body = body.append_column("line", pa.array(range(first, first + body.num_rows), pa.int64()))
    connection.register("workbook", body)
    filled = " or ".join(f"{name} is not null" for name in names)
    connection.execute(f"create or replace view raw as select * from workbook where {filled}")
    return Sheet(headers=found.headers, titles=titles, encoding=encoding)


def _open_csv(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary, head: bytes) -> Sheet:
    top, delimiter = _split_head(_decode_head(head), vocabulary)
    found = find_header(top, vocabulary)
    if found is None:
        raise _no_header(vocabulary.contract)
    headers = [cell.strip() for cell in found.headers]
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(headers)))
    escaped, separator = quote_text(path), quote_text(delimiter)
    connection.execute(
        f"""
        create or replace view raw as
        select *, {found.after} + row_number() over () as line
        from read_csv({escaped}, auto_detect = false, header = false, skip = {found.after}, columns = {{{columns}}},
            delim = {separator}, quote = '"', escape = '"', store_rejects = true, rejects_limit = 0)
        """
    )
    return Sheet(headers=headers, titles=_titles(top[: found.first]), encoding="utf-8", is_csv=True)


def _decode_head(head: bytes) -> str:
    if b"\0" in head:
        raise UnreadableError("không phải bảng tính, cũng không phải tệp văn bản CSV; đề nghị gửi tệp .xlsx hoặc .csv")
    # The head may end in the middle of a letter.
    for cut in range(4):
        try:
            return head[: len(head) - cut].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    raise UnreadableError("không đọc được như văn bản UTF-8; đề nghị lưu tệp CSV với bảng mã UTF-8 rồi gửi lại")


def _split_head(text: str, vocabulary: Vocabulary) -> tuple[list[list[str]], str]:
    """The first rows under each declared delimiter; the one that shows most of the contract's headers wins."""
    files = vocabulary.contract.files
    candidates = []
    for delimiter in files.delimiters:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [row for row, _ in zip(reader, range(files.header_search_rows), strict=False)]
        candidates.append((max((count_known(row, vocabulary) for row in rows), default=0), rows, delimiter))
    best = max(candidates, key=lambda candidate: candidate[0])
    return best[1], best[2]


def _no_header(contract: Contract) -> UnreadableError:
    return UnreadableError(
        f"không tìm thấy dòng tiêu đề của «{contract.title_vi}» trong {contract.files.header_search_rows} dòng "
        "đầu; tệp không phải bảng tính của nguồn này hoặc đã mất dòng tiêu đề"
    )


def _titles(rows: list[list[str]]) -> list[str]:
    """Each cell above the table, and each row as one text: a label and its value may stand in two cells."""
    titles = []
    for row in rows:
        cells = list(dict.fromkeys(cell for cell in row if cell))
        titles += cells
        if len(cells) > 1:
            titles.append(" ".join(cells))
    return titles


def _texts(cells: Any) -> list[str]:
    return ["" if cell is None else str(cell).strip() for cell in cells]
