"""Reads text tables with delimiters and quotes.

DuckDB reads a regular file itself, as fast as the disk. A file in which lines and rows differ (line breaks inside
quotes, empty lines, mixed line ends, NUL bytes, a byte order mark inside) is read by the csv module, row by row, which
is slower but gives the correct line of every row.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from ingest.readers.headers import FoundHeader, Vocabulary, count_known, find_header
from ingest.readers.room import refuse_many_columns
from ingest.readers.sheet import EmptyError, Part, Sheet, UnreadableError, no_header, titles_of
from ingest.values.arrow import text_array
from ingest.vietnamese.text import tidy
from warehouse.sql import quote_text

_BOM = "\ufeff"
_BOM_BYTES = _BOM.encode()
# Surrogates that decoding gives for bytes that are not UTF-8.
_ESCAPED = re.compile("[\udc80-\udcff]")
# Small enough for the processor's cache.
_CHUNK_BYTES = 1 << 18
_NEW_LINE, _RETURN, _QUOTE = b'\n\r"'
_CHUNK_ROWS = 50_000
# A quote that never closes makes one cell of the rest of a file.
csv.field_size_limit(1 << 21)
_NO_TEXT = "không phải bảng tính, cũng không phải tệp văn bản CSV; đề nghị gửi tệp .xlsx hoặc .csv"
_NOT_UTF8 = "không đọc được như văn bản UTF-8; đề nghị lưu tệp CSV với bảng mã UTF-8 rồi gửi lại"
_BLANK = "tệp chỉ có khoảng trắng và dấu phân cách, không có dữ liệu; đề nghị kết xuất và gửi lại"
_CUT = "cuối tệp chỉ có các byte rỗng: tệp chưa được ghi hoặc chép xong; đề nghị kết xuất và gửi lại"
_NOTE_CELLS = 3
_TOO_FEW = "thiếu ô so với dòng tiêu đề (tệp có thể bị cắt ngang)"
_TOO_MANY = "thừa ô so với dòng tiêu đề"
_OPEN_QUOTE = "dấu nháy kép mở mà không đóng"
_LOST_LETTERS = "có byte rỗng (NUL) giữa ô: mất ký tự"
_NO_LETTER = "có chữ bị hỏng (byte không phải UTF-8)"
_TOO_LONG = "dòng quá dài"
_UNSPLIT = "không tách được thành các ô"
_DUCKDB_SAYS = {
    "MISSING COLUMNS": _TOO_FEW,
    "TOO MANY COLUMNS": _TOO_MANY,
    "UNQUOTED VALUE": _OPEN_QUOTE,
    "INVALID ENCODING": _NO_LETTER,
    "LINE SIZE OVER MAXIMUM": _TOO_LONG,
}
_DELIMITERS = {
    ";": "chấm phẩy (;)",
    ",": "phẩy (,)",
    "\t": "Tab",
    "|": "gạch đứng (|)",
    ":": "hai chấm (:)",
    "^": "mũ (^)",
    "~": "ngã (~)",
    "#": "thăng (#)",
    "/": "gạch chéo (/)",
}
_NO_DELIMITERS = str.maketrans(dict.fromkeys([*_DELIMITERS, '"'], " "))
# Binary files and UTF-16 exceed this share of NUL bytes; text has few.
_MOST_NULS = 0.2
# Largest share of bytes that are not UTF-8 in a text.
_LOST, _MOST_LOST = "\ufffd", 0.1


def open_csv(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary, head: bytes) -> Sheet:
    """Opens a text table whose first bytes are `head`.

    Raises UnreadableError: no text, no header, or an end of NUL bytes; EmptyError: nothing but delimiters.
    """
    text = _decode_head(head)
    top, delimiter = _split_head(text, vocabulary)
    found = find_header(top, vocabulary)
    if found is None:
        if len(head) == path.stat().st_size and not any(map(tidy, text.translate(_NO_DELIMITERS).splitlines())):
            raise EmptyError(_BLANK)
        raise no_header(vocabulary.contract, _advise_delimiter(text, vocabulary))
    refuse_many_columns(len(found.headers))
    titles = titles_of(top[: found.first])
    if not is_regular(path, delimiter, len(found.headers), found.after):
        return _read_rows(connection, path, found, titles, delimiter)
    headers = [cell.strip() for cell in found.headers]
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(headers)))
    escaped, separator = quote_text(path), quote_text(delimiter)
    connection.execute(
        f"""
        create or replace view raw as
        select *, {found.after} + row_number() over () as line
        from read_csv({escaped}, auto_detect = false, header = false, skip = {found.after}, columns = {{{columns}}},
            delim = {separator}, quote = '"', escape = '"', compression = 'none', store_rejects = true,
            rejects_limit = 0)
        """
    )
    return Sheet(headers, [Part(titles)], encoding="utf-8", is_csv=True, text=(path, delimiter))


def count_broken_lines(connection: duckdb.DuckDBPyConnection, sheet: Sheet) -> dict[int, str]:
    """Returns the lines that could not be split into the header's columns -> reason; `raw` must have been read once."""
    if not sheet.is_csv:
        return sheet.broken_lines
    rows = connection.execute("select line, max(error_type::varchar) from reject_errors group by line").fetchall()
    return {int(line): _DUCKDB_SAYS.get(kind, _UNSPLIT) for line, kind in rows}


def is_regular(path: Path, delimiter: str = "", width: int = 0, after: int = 0) -> bool:
    """Returns whether every line is one row that needs no repair, so that DuckDB counts lines correctly.

    A row below the header (`width` columns, ending at row `after`) with one more cell, an empty one, is not: DuckDB
    drops that cell, and a delimiter inside a text has moved all the others. Where the first row has it, all may.

    An odd number of quotes before a line end counts as a line break inside quotes. Empty lines are allowed only at the
    end of the file.
    """
    quotes, returns, is_ended = 0, None, False
    cells, spare, is_first = ord(delimiter) if delimiter else None, 0, True
    with path.open("rb") as handle:
        if handle.read(len(_BOM_BYTES)) != _BOM_BYTES:
            handle.seek(0)
        while chunk := handle.read(_CHUNK_BYTES) + handle.readline():
            # Searching one byte is many times faster than searching three.
            if is_ended or b"\0" in chunk or (_BOM_BYTES[:1] in chunk and _BOM_BYTES in chunk):
                return False
            letters = np.frombuffer(chunk, np.uint8)
            ends = np.flatnonzero(letters == _NEW_LINE)
            if returns is None:
                returns = bool(len(ends)) and letters[ends[0] - 1] == _RETURN
            if np.count_nonzero(letters == _RETURN) != (len(ends) if returns else 0) or (
                returns and (letters[ends - 1] != _RETURN).any()
            ):
                return False
            empty = np.flatnonzero(np.diff(ends, prepend=-1) == 1 + returns)
            is_ended = len(empty) > 0
            if is_ended and chunk[ends[empty[0]] :].strip():
                return False
            at = np.array([], np.int64)
            if b'"' in chunk:
                at = np.flatnonzero(letters == _QUOTE)
                if ((np.searchsorted(at, ends) + quotes) & 1).any():
                    return False
                quotes += len(at)
            if cells is not None:
                rows = len(ends) + (not chunk.endswith(b"\n"))
                # Counting is many times faster than finding, and exact unless one row lacks what another has too many.
                if is_first or _count_outside_quotes(letters == cells, at) != rows * (width - 1 + spare):
                    longer = _rows_with_an_empty_cell_more(letters, ends, cells, width)[after if is_first else 0 :]
                    spare = int(longer[0]) if is_first and len(longer) else spare
                    if not spare and longer.any():
                        return False
                is_first = False
    return True


def _count_outside_quotes(marks: np.ndarray, quotes: np.ndarray) -> int:
    inside = np.add.reduceat(marks, quotes, dtype=np.int32)[::2].sum() if len(quotes) else 0
    return int(np.count_nonzero(marks) - inside)


def _rows_with_an_empty_cell_more(letters: np.ndarray, ends: np.ndarray, cells: int, width: int) -> np.ndarray:
    """Returns for each line of a chunk whether it has one cell more than the header, and the last one is empty."""
    marks = np.flatnonzero(letters == cells)
    quotes = np.flatnonzero(letters == _QUOTE)
    if len(quotes):
        marks = marks[(np.searchsorted(quotes, marks) & 1) == 0]
    bounds = ends if len(letters) and letters[-1] == _NEW_LINE else np.append(ends, len(letters))
    counts = np.diff(np.searchsorted(marks, bounds), prepend=0)
    last = bounds - 1 - (letters[bounds - 1] == _RETURN)
    return (counts == width) & (letters[last] == cells)


def _read_rows(
    connection: duckdb.DuckDBPyConnection, path: Path, found: FoundHeader, titles: list[str], delimiter: str
) -> Sheet:
    """Fills `raw` with the csv module: `line` is the first line of a row minus the broken lines before it."""
    headers = [cell.strip() for cell in found.headers]
    names = [f"c{at}" for at in range(len(headers))]
    connection.execute(
        f"create or replace table csv_rows ({', '.join(f'{name} varchar' for name in names)}, line bigint)"
    )
    broken: dict[int, str] = {}
    spare: int | None = None
    kept: list[tuple[int, list[str]]] = []
    for line, row, fault in islice(_rows(path, delimiter), found.after, None):
        if not row and not fault:
            continue
        if spare is None:
            # Some software ends every row with a delimiter; a row that alone does so has lost its places.
            spare = 0 if any(row[len(headers) :]) else max(0, len(row) - len(headers))
        if reason := fault or _find_fault(row, len(headers), spare):
            broken[line] = reason
            continue
        kept.append((line - len(broken), row[: len(headers)]))
        if len(kept) == _CHUNK_ROWS:
            _insert(connection, names, kept)
            kept = []
    _insert(connection, names, kept)
    connection.execute("create or replace view raw as select * from csv_rows")
    return Sheet(headers, [Part(titles)], encoding="utf-8", broken_lines=broken)


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str], str | None]]:
    """Yields per row its first line, its cells (none in an empty line) and the reason why it cannot be split."""
    # A byte that is not UTF-8 invalidates only its own row.
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as handle:
        reader = csv.reader((line.replace(_BOM, "") for line in handle), delimiter=delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # An unclosed quote swallows the lines below it: each of them is a lost row.
                for lost in range(line, max(line, reader.line_num) + 1):
                    yield lost, [], _TOO_LONG if "limit" in str(error) else _OPEN_QUOTE
                continue
            if len(row) == 1 and row[0] and not row[0].strip("\0"):
                raise UnreadableError(_CUT)
            # Fixed-width fields are padded with NUL bytes, which carry no meaning at the end of a cell.
            yield line, [cell.rstrip("\0") for cell in row], None


def _find_fault(row: list[str], width: int, spare: int) -> str | None:
    if len(row) < width:
        return _TOO_FEW
    # A note that ends in a semicolon has moved nothing.
    if any(row[width:]) or (len(row) > width + spare and sum(map(bool, row)) > _NOTE_CELLS):
        return _TOO_MANY
    joined = "".join(row)
    if "\0" in joined:
        return _LOST_LETTERS
    return _NO_LETTER if _ESCAPED.search(joined) else None


def _insert(connection: duckdb.DuckDBPyConnection, names: list[str], rows: list[tuple[int, list[str]]]) -> None:
    if not rows:
        return
    columns = [text_array(cell or None for cell in column) for column in zip(*(row for _, row in rows), strict=True)]
    lines = pa.array([line for line, _ in rows], pa.int64())
    connection.register("csv_chunk", pa.table([*columns, lines], names=[*names, "line"]))
    connection.execute("insert into csv_rows select * from csv_chunk").fetchall()
    connection.unregister("csv_chunk")


def _decode_head(head: bytes) -> str:
    # An incompletely written file ends in NUL bytes; reading the rows detects that.
    head = head.rstrip(b"\0")
    if head.count(b"\0") > len(head) * _MOST_NULS:
        raise UnreadableError(_NO_TEXT)
    # The head may end inside a letter; elsewhere a byte that is not UTF-8 invalidates only its own row.
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head, final=False)
    if text.count(_LOST) > len(text) * _MOST_LOST:
        raise UnreadableError(_NOT_UTF8)
    return text.replace(_BOM, "").replace("\0", "")


def _split_head(text: str, vocabulary: Vocabulary) -> tuple[list[list[str]], str]:
    """Returns the first rows and the declared delimiter under which most of the contract's headers appear."""
    candidates = [(*_try(text, vocabulary, mark), mark) for mark in vocabulary.contract.files.delimiters]
    _, rows, delimiter = max(candidates, key=lambda candidate: candidate[0])
    return rows, delimiter


def _try(text: str, vocabulary: Vocabulary, delimiter: str) -> tuple[int, list[list[str]]]:
    """Returns the largest number of known headers in a row under a delimiter, and the first rows."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        rows.extend(islice(reader, vocabulary.contract.files.header_search_rows))
    return max((count_known(row, vocabulary) for row in rows), default=0), rows


def _advise_delimiter(text: str, vocabulary: Vocabulary) -> str:
    """Describes which delimiters were tried, and which other one would give the headers."""
    tried = vocabulary.contract.files.delimiters
    known = {mark: _try(text, vocabulary, mark)[0] for mark in _DELIMITERS if mark not in tried}
    best = max(known, key=lambda mark: known[mark])
    hint = f" (đã thử tách ô theo dấu: {', '.join(_DELIMITERS.get(mark, mark) for mark in tried)}"
    if known[best] > 1:
        hint += f"; tệp này dùng dấu {_DELIMITERS[best]}"
    return f"{hint}); đề nghị lưu lại thành .xlsx, hoặc .csv với dấu {_DELIMITERS.get(tried[0], tried[0])}, rồi gửi lại"
