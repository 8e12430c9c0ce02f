"""Reads JSON: one object per row, in an array, in an object with one array, or on lines of its own.

The keys are the headers, in order of first appearance. Values are kept as written, so no number loses a digit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.disclosure import disclose
from ingest.readers.headers import Vocabulary, find_header
from ingest.readers.room import refuse_many_columns
from ingest.readers.sheet import EmptyError, Part, Sheet, UnreadableError, no_header, register_rows, titles_of
from ingest.values.arrow import text_array

_BEGINS_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*[\[{\]]|\{\s*["}])')
_SPACE = re.compile(r"\s*")
_CHUNK_ROWS = 50_000
# One half of a letter that JSON writes in two, as \\ud83d of an emoji that was cut; no text can hold it.
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALF_A_LETTER = re.compile("[\ud800-\udfff]")
_LOST_HALF = "có ký tự bị cắt đôi (nửa biểu tượng như \\ud83d); đề nghị kết xuất lại"


def looks_like_json(head: bytes) -> bool:
    """Returns whether the first bytes begin an array of objects, or an object."""
    return _BEGINS_JSON.match(head) is not None


def open_json(connection: duckdb.DuckDBPyConnection, path: Path, vocabulary: Vocabulary) -> Sheet:
    """Opens JSON or JSON lines; `line` is the line in JSON lines, else the row number + 1, with the keys as line 1.

    Values beside the array become titles. Raises UnreadableError: truncated or not JSON, a nested value, no header;
    EmptyError: no record with a key.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("tệp JSON không phải bảng mã UTF-8; đề nghị kết xuất lại bằng UTF-8") from error
    try:
        titles, rows = _titles_and_rows(text)
        keys, lines, parts, broken = _collect(rows, has_halves=_ESCAPED_HALF.search(text) is not None)
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"tệp JSON bị cắt ngang hoặc sai cú pháp ở dòng {error.lineno}; đề nghị kết xuất và gửi lại cả tệp"
        ) from error
    except RecursionError as error:
        raise UnreadableError("tệp JSON lồng quá nhiều tầng; đề nghị gửi mỗi bản ghi một đối tượng phẳng") from error
    if not keys:
        raise EmptyError("tệp JSON không có bản ghi nào; đề nghị kết xuất và gửi lại")
    if find_header([keys], vocabulary) is None:
        raise no_header(vocabulary.contract)
    register_rows(connection, pa.concat_tables(parts, promote_options="default").select(keys), lines)
    return Sheet(keys, [Part(titles)], encoding="utf-8", broken_lines=broken)


def _titles_and_rows(text: str) -> tuple[list[str], Iterator[tuple[int, Any]]]:
    start = _after_space(text, 0)
    if text.startswith("[", start):
        return [], _rows_of_array(text, start)
    document, end = _decode(text, start)
    arrays = [value for value in document.values() if isinstance(value, list)]
    if _after_space(text, end) < len(text) or not arrays:
        return [], _rows_of_lines(text)
    if len(arrays) > 1:
        raise UnreadableError("tệp JSON có nhiều danh sách; đề nghị gửi mỗi danh sách một tệp")
    beside = [[key, value] for key, value in document.items() if isinstance(value, str)]
    return titles_of(beside), iter(enumerate(arrays[0], start=2))


def _rows_of_array(text: str, start: int) -> Iterator[tuple[int, Any]]:
    """Yields one value at a time: parsing the whole document would take many times the memory of its text."""
    at, number = _after_space(text, start + 1), 1
    while not text.startswith("]", at):
        number += 1
        value, at = _decode(text, at)
        yield number, value
        at = _after_space(text, at)
        if text.startswith(",", at):
            at = _after_space(text, at + 1)
        elif not text.startswith("]", at):
            raise json.JSONDecodeError("no end", text, at)
    if (end := _after_space(text, at + 1)) < len(text):
        raise json.JSONDecodeError("more than one document", text, end)


def _rows_of_lines(text: str) -> Iterator[tuple[int, Any]]:
    at, number = 0, 0
    while at < len(text):
        number += 1
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if line := text[at:end].strip():
            try:
                value, stop = _decode(line, 0)
            except json.JSONDecodeError as error:
                raise json.JSONDecodeError(error.msg, text, at) from error
            if stop < len(line):
                raise json.JSONDecodeError("more than one value", text, at)
            yield number, value
        at = end + 1


def _collect(
    rows: Iterator[tuple[int, Any]], *, has_halves: bool
) -> tuple[list[str], list[int], list[pa.Table], dict[int, str]]:
    """Returns the keys of all rows, their lines, their texts in tables of at most `_CHUNK_ROWS`, and the broken lines.

    The lines do not count the broken ones before them.
    """
    keys: dict[str, None] = {}
    lines: list[int] = []
    broken: dict[int, str] = {}
    parts: list[pa.Table] = []
    chunk: list[dict[str, str | None]] = []

    def close() -> None:
        named = list(dict.fromkeys(key for row in chunk for key in row))
        arrays = [text_array(row.get(key) for row in chunk) for key in named]
        parts.append(pa.table(arrays, names=named))
        chunk.clear()

    for line, value in rows:
        row = _flat(value, line)
        if has_halves and any(map(_HALF_A_LETTER.search, [*row, *filter(None, row.values())])):
            broken[line] = _LOST_HALF
            keys.update(dict.fromkeys(key for key in row if not _HALF_A_LETTER.search(key)))
            continue
        keys.update(dict.fromkeys(row))
        refuse_many_columns(len(keys))
        lines.append(line - len(broken))
        chunk.append(row)
        if len(chunk) == _CHUNK_ROWS:
            close()
    if chunk:
        close()
    # A key may stand in broken rows only.
    parts.append(pa.table({key: pa.array([], pa.string()) for key in keys}))
    return list(keys), lines, parts, broken


def _flat(value: Any, line: int) -> dict[str, str | None]:
    if not isinstance(value, dict):
        raise UnreadableError(f"tệp JSON: bản ghi ở dòng {line} không phải là một đối tượng có tên cột và giá trị")
    row: dict[str, str | None] = {}
    for key, cell in value.items():
        if isinstance(cell, (dict, list)):
            raise UnreadableError(
                f"tệp JSON: ở dòng {line}, «{disclose(key, is_header=True)}» chứa dữ liệu lồng nhau; đề nghị tách "
                "thành các cột phẳng rồi gửi lại"
            )
        row[key] = {True: "true", False: "false"}[cell] if isinstance(cell, bool) else cell or None
    return row


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableError(
            f"tệp JSON: «{disclose(twice, is_header=True)}» có hai lần trong một bản ghi; đề nghị kết xuất lại"
        )
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_float=str, parse_int=str, parse_constant=str)


def _decode(text: str, at: int) -> tuple[Any, int]:
    return _DECODER.raw_decode(text, at)


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
