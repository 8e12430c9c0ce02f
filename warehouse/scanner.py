"""Looks for personal texts below a folder: in every byte of every file, and in every text that tables store.

One pass over the data, however many texts are looked for. A finding says where and what kind, never the text itself.
"""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.sql import quote_name, quote_text

# Texts are looked up by their first bytes; a shorter one would stand everywhere by chance.
LEAST_BYTES = 8
_CHUNK_BYTES, _BITS = 1 << 24, 24
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_BATCH_ROWS = 100_000
# What begins an identity number, a telephone number or an address; most texts have none of it.
_SUSPECT = r"[0-9]{9}|@"
# What kinds of numbers and addresses of persons a text has.
Patterns = Callable[[str], Collection[str]]


@dataclass(frozen=True)
class Hit:
    """A personal text below a folder: its kind, its file and, of a stored table, the table, the column and the row."""

    file: str
    kind: str
    text: str = field(repr=False)
    table: str | None = None
    column: str | None = None
    line: int | None = None


class Needles:
    """Texts to look for, by text their kind: as they are, in capitals, in small letters, as JSON and HTML escape them.

    A text of digits only counts where it stands alone: fractions of seconds and hashes are full of digits.
    """

    def __init__(self, texts: Iterable[str] | Mapping[str, str]) -> None:
        kinds = texts if isinstance(texts, Mapping) else dict.fromkeys(texts, "text")
        self.kinds = {text: kind for text, kind in kinds.items() if len(text.encode()) >= LEAST_BYTES}
        self.left_out = len(kinds) - len(self.kinds)
        self._texts = list(self.kinds)
        forms = [(form, number) for number, text in enumerate(self._texts) for form in _forms(text)]
        self.longest = max((len(form) for form, _ in forms), default=LEAST_BYTES)
        # Many texts begin alike, as names do: behind a head every length is tried once, not every text.
        begun = [(int.from_bytes(form[:LEAST_BYTES], "little"), len(form)) for form, _ in forms]
        pairs = np.unique(np.array(begun, dtype=[("head", np.uint64), ("length", np.int64)]))
        self._heads, self._lengths = pairs["head"].copy(), pairs["length"].copy()
        digests = np.array([hash(form) for form, _ in forms], np.int64)
        order = np.argsort(digests)
        self._digests, self._owners = digests[order], np.array([number for _, number in forms], np.int64)[order]
        self._begins = np.zeros(1 << _BITS, dtype=bool)
        self._begins[_hashed(self._heads)] = True

    def find_in(self, data: bytes) -> set[str]:
        """Returns the texts that stand in `data`."""
        return {text for _, _, text in self.places_in(data)}

    def places_in(self, data: bytes | memoryview) -> Iterator[tuple[int, int, str]]:
        """Yields begin, end and text of every text in `data`."""
        view = memoryview(data)
        for offset in range(LEAST_BYTES):
            count = (len(view) - offset) // LEAST_BYTES
            if count <= 0 or not len(self._heads):
                continue
            words = np.frombuffer(view, "<u8", count, offset)
            maybe = np.flatnonzero(self._begins[_hashed(words)])
            first = np.searchsorted(self._heads, words[maybe], "left")
            after = np.searchsorted(self._heads, words[maybe], "right")
            for at, low, high in zip(maybe[first < after], first[first < after], after[first < after], strict=True):
                yield from self._verify(view, offset + int(at) * LEAST_BYTES, self._lengths[low:high].tolist())

    def _verify(self, view: memoryview, begin: int, lengths: list[int]) -> Iterator[tuple[int, int, str]]:
        for length in lengths:
            end = begin + length
            if end > len(view):
                continue
            form = bytes(view[begin:end])
            digest = hash(form)
            for place in range(int(np.searchsorted(self._digests, digest)), len(self._digests)):
                if self._digests[place] != digest:
                    break
                text = self._texts[self._owners[place]]
                if form in _forms(text) and (not text.isdigit() or _stands_alone(view, begin, end)):
                    yield begin, end, text


def scan(
    root: Path,
    needles: Needles,
    patterns: Patterns | None = None,
    skip: Collection[str] = (),
    shipped: Collection[str] = (),
) -> Iterator[Hit]:
    """Yields what is found below `root`; databases and Parquet are read as well as searched.

    `patterns` are applied to the texts of tables and of JSON records, `skip` are names of folders right below `root`.
    The examples in tables that a library ships, `shipped`, are no persons: only the needles are looked for there.
    """
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() or not path.is_file() or name.split("/")[0] in skip:
            continue
        for text in needles.find_in(f"{name}{' ' * LEAST_BYTES}".encode()):
            yield Hit(name, needles.kinds[text], text, column="name of the file")
        stored = list(_scan_tables(path, name, needles, patterns, shipped))
        yield from stored
        known = {hit.text for hit in stored}
        yield from (hit for hit in _scan_bytes(path, name, needles) if hit.text not in known)
        if patterns and path.suffix == ".json":
            yield from _scan_record(path, name, patterns)


def _scan_bytes(path: Path, name: str, needles: Needles) -> Iterator[Hit]:
    """Yields the first place of every text in the bytes of a file; places in binary files have no line."""
    seen: set[str] = set()
    line, before = 1, b""
    with path.open("rb") as handle:
        is_binary = b"\0" in handle.read(1024)
        handle.seek(0)
        while chunk := handle.read(_CHUNK_BYTES):
            data = before + chunk
            for begin, _, text in needles.places_in(data):
                if text not in seen:
                    seen.add(text)
                    at = None if is_binary else line + data.count(b"\n", 0, begin)
                    yield Hit(name, needles.kinds[text], text, line=at)
            # A text may stand across the border of two chunks.
            kept = min(len(data), needles.longest)
            line += data.count(b"\n", 0, len(data) - kept)
            before = data[len(data) - kept :]


def _scan_tables(
    path: Path, name: str, needles: Needles, patterns: Patterns | None, shipped: Collection[str]
) -> Iterator[Hit]:
    for table, column, batches in _columns(path):
        line = 1
        for texts in batches:
            seen: set[str] = set()
            for row, text in _found_in(texts, needles):
                if text not in seen:
                    seen.add(text)
                    yield Hit(name, needles.kinds[text], text, table, column, line + row)
            if patterns is not None and table not in shipped:
                suspects = np.flatnonzero(pc.fill_null(pc.match_substring_regex(texts, _SUSPECT), False))
                for row in suspects.tolist():
                    cell = texts[row].as_py()
                    for kind in patterns(cell):
                        yield Hit(name, kind, cell, table, column, line + row)
            line += len(texts)


def _found_in(texts: pa.StringArray, needles: Needles) -> Iterator[tuple[int, str]]:
    """Yields row and text; a column is searched as the one buffer that Arrow keeps its texts in."""
    _, offsets, data = texts.buffers()
    if data is None or offsets is None:
        return
    bounds = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4)
    view = memoryview(data)[: int(bounds[-1])]
    for begin, end, text in needles.places_in(view):
        row = int(np.searchsorted(bounds, begin, "right")) - 1
        if 0 <= row < len(texts) and end <= bounds[row + 1]:
            yield row, text
    # Digits of the neighbouring row stand beside those of this one in the buffer.
    for text, row in _whole_cells(texts, needles):
        yield row, text


def _whole_cells(texts: pa.StringArray, needles: Needles) -> Iterator[tuple[str, int]]:
    """Yields the cells that are a text of digits, which the search in the buffer takes for a part of a longer one."""
    are_digits = pc.and_(pc.ascii_is_decimal(texts), pc.greater_equal(pc.utf8_length(texts), LEAST_BYTES))
    digits = np.flatnonzero(pc.fill_null(are_digits, False))
    for row in digits.tolist():
        if (cell := texts[row].as_py()) in needles.kinds:
            yield cell, row


def _scan_record(path: Path, name: str, patterns: Patterns) -> Iterator[Hit]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return
    for column, text in _strings(record, ""):
        for kind in patterns(text):
            yield Hit(name, kind, text, column=column)


def _strings(value: object, column: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield column, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, f"{column}.{name}".strip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, column)


def _columns(path: Path) -> Iterator[tuple[str | None, str, Iterator[pa.StringArray]]]:
    """Yields table, column and texts of every column that may have texts."""
    with path.open("rb") as handle:
        head = handle.read(16)
    if head.startswith(b"PAR1"):
        with duckdb.connect() as connection:
            for column in _text_columns(connection, f"read_parquet({quote_text(path)})"):
                yield None, column, _batches(connection, f"read_parquet({quote_text(path)})", column)
    elif head[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, name in tables:
                table = f"{quote_name(schema)}.{quote_name(name)}"
                for column in _text_columns(connection, table):
                    yield f"{schema}.{name}", column, _batches(connection, table, column)
    elif head == b"SQLite format 3\0":
        yield from _sqlite_columns(path)


def _text_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    described = connection.execute(f"describe from {table}").fetchall()
    return [name for name, kind, *_ in described if "VARCHAR" in kind or "JSON" in kind]


def _batches(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> Iterator[pa.StringArray]:
    texts = connection.cursor().sql(f"select cast({quote_name(column)} as varchar) as c from {table}")
    reader = texts.to_arrow_reader(_BATCH_ROWS)
    for batch in reader:
        yield batch.column(0).cast(pa.string())


def _sqlite_columns(path: Path) -> Iterator[tuple[str, str, Iterator[pa.StringArray]]]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    connection.text_factory = lambda value: value.decode("utf-8", errors="replace")
    try:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            rows = connection.execute(f"select * from {quote_name(table)}")
            names = [column[0] for column in rows.description]
            found = rows.fetchall()
            for at, column in enumerate(names):
                cells = [row[at] for row in found]
                if any(isinstance(cell, (str, bytes)) for cell in cells):
                    yield table, column, iter([pa.array(map(_text_of, cells), pa.string())])
    finally:
        connection.close()


def _text_of(cell: object) -> str | None:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", errors="replace")
    return cell if isinstance(cell, str) else None


def _forms(text: str) -> set[bytes]:
    composed = unicodedata.normalize("NFC", text)
    cased = {form for given in {text, composed} for form in (given, given.upper(), given.casefold())}
    return {
        form.encode()
        for given in cased
        for form in (given, json.dumps(given)[1:-1], escape(given))
        if len(form.encode()) >= LEAST_BYTES
    }


def _hashed(words: np.ndarray) -> np.ndarray:
    return (words * _FACTOR) >> np.uint64(64 - _BITS)


def _stands_alone(view: memoryview, begin: int, end: int) -> bool:
    before, after = bytes(view[max(0, begin - 1) : begin]), bytes(view[end : end + 1])
    return not before.isalnum() and before != b"." and not after.isalnum()
