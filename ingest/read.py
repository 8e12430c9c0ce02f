"""A delivered file -> a table of text, one column per cell position, with the line it stands on.

CSV is parsed by DuckDB, spreadsheets by fastexcel (calamine). No reader guesses a type: `1.10`, `000123` and dates
arrive as the text that the file holds.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.contract import Contract
from ingest.text import normalise_header
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

    `headers` are the texts of the header row by position, `titles` what stands above it.
    """

    headers: list[str]
    titles: list[str]
    encoding: str | None
    is_csv: bool = False


def open_delivery(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> Sheet:
    """Open a file by its content, whatever its name says, and define `raw` on the connection.

    Raises UnreadableError when the bytes are no spreadsheet or text table, are cut off, or hold no header row.
    """
    with path.open("rb") as handle:
        head = handle.read(_HEAD_BYTES)
    if not head.strip():
        raise UnreadableError("tệp rỗng, không có dữ liệu; đề nghị kết xuất và gửi lại")
    if head.startswith((_ZIP, _OLE)):
        return _open_workbook(connection, path, contract)
    for magic, kind in _DISGUISED.items():
        if head.startswith(magic):
            raise UnreadableError(f"đây là {kind}, không phải bảng tính; đề nghị gửi tệp .xlsx hoặc .csv")
    return _open_csv(connection, path, contract, head)


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


def _open_workbook(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract) -> Sheet:
    import fastexcel

    try:
        workbook = fastexcel.read_excel(str(path))
        table = pa.table(workbook.load_sheet(0, header_row=None, dtypes="string").to_arrow())
    except fastexcel.FastExcelError as error:
        raise UnreadableError(
            "không mở được như một bảng tính Excel: tệp bị cắt, bị khóa bằng mật khẩu hoặc không phải bảng tính; "
            "đề nghị mở bằng Excel, lưu lại dạng .xlsx rồi gửi lại"
        ) from error
    top = [_texts(row.values()) for row in table.slice(0, contract.files.header_search_rows).to_pylist()]
    at = _find_header(top, contract)
    body = table.slice(at + 1).rename_columns([f"c{i}" for i in range(table.num_columns)])
    first = at + 2
    body = body.append_column("line", pa.array(range(first, first + body.num_rows), pa.int64()))
    connection.register("workbook", body)
    filled = " or ".join(f"c{i} is not null" for i in range(table.num_columns))
    connection.execute(f"create or replace view raw as select * from workbook where {filled}")
    return Sheet(headers=top[at], titles=_titles(top[:at]), encoding=None)


def _open_csv(connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, head: bytes) -> Sheet:
    text = _decode_head(head)
    top, delimiter = _split_head(text, contract)
    at = _find_header(top, contract)
    headers = [cell.strip() for cell in top[at]]
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(headers)))
    escaped, separator = quote_text(path), quote_text(delimiter)
    connection.execute(
        f"""
        create or replace view raw as
        select *, {at + 1} + row_number() over () as line
        from read_csv({escaped}, auto_detect = false, header = false, skip = {at + 1}, columns = {{{columns}}},
            delim = {separator}, quote = '"', escape = '"', store_rejects = true, rejects_limit = 0)
        """
    )
    return Sheet(
        headers=headers,
        titles=_titles(top[:at]),
        encoding="utf-8",
        is_csv=True,
    )


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


def _split_head(text: str, contract: Contract) -> tuple[list[list[str]], str]:
    """The first rows under each declared delimiter; the one that shows most of the contract's headers wins."""
    candidates = []
    for delimiter in contract.files.delimiters:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [row for row, _ in zip(reader, range(contract.files.header_search_rows), strict=False)]
        candidates.append((max((_known_headers(row, contract) for row in rows), default=0), rows, delimiter))
    best = max(candidates, key=lambda candidate: candidate[0])
    return best[1], best[2]


def _find_header(rows: list[list[str]], contract: Contract) -> int:
    """Index of the row that holds most of the contract's headers: anchor words, not a row number."""
    score = [_known_headers(row, contract) for row in rows]
    if not score or max(score) < 2:
        raise UnreadableError(
            f"không tìm thấy dòng tiêu đề của «{contract.title_vi}» trong {contract.files.header_search_rows} dòng "
            "đầu; tệp không phải bảng tính của nguồn này hoặc đã mất dòng tiêu đề"
        )
    return score.index(max(score))


def _known_headers(row: list[str], contract: Contract) -> int:
    known = {normalise_header(header) for column in contract.columns for header in column.headers}
    return len({normalise_header(cell) for cell in row if cell} & known)


def _titles(rows: list[list[str]]) -> list[str]:
    return [" ".join(cell for cell in row if cell) for row in rows if any(row)]


def _texts(cells: Any) -> list[str]:
    return ["" if cell is None else str(cell).strip() for cell in cells]
