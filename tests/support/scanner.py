"""Looks for given texts in every byte and every stored value below a folder, whatever the kind of file."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import numpy as np

from warehouse.sql import quote_text

# Needles are looked up by their first bytes; a shorter one would stand everywhere by chance.
_HEAD = 8


class Needles:
    """Texts to look for: as they are, in capitals, in small letters, and as JSON escapes them.

    A text of digits only counts where it stands alone: fractions of seconds and hashes are full of digits.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_head: dict[bytes, set[tuple[bytes, str]]] = defaultdict(set)
        for text in texts:
            for form in {
                form.encode() for cased in (text, text.upper(), text.casefold()) for form in (cased, _escaped(cased))
            }:
                assert len(form) >= _HEAD, f"{text!r} is too short to be looked for"
                self._by_head[form[:_HEAD]].add((form, text))
        self._begins = np.zeros(1 << 16, dtype=bool)
        for head in self._by_head:
            self._begins[head[0] << 8 | head[1]] = True

    def find_in(self, data: bytes) -> set[str]:
        """Returns the texts that stand in `data`."""
        octets = np.frombuffer(data, dtype=np.uint8).astype(np.uint16)
        found = set()
        for at in np.flatnonzero(self._begins[octets[:-1] << 8 | octets[1:]]).tolist():
            for form, text in self._by_head.get(data[at : at + _HEAD], ()):
                if data.startswith(form, at) and (not text.isdigit() or _stands_alone(data, at, at + len(form))):
                    found.add(text)
        return found


def scan(root: Path, needles: Needles) -> dict[str, set[str]]:
    """File below `root` -> the needles found in it; databases and Parquet are read as well as searched."""
    hits = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            found = needles.find_in(path.read_bytes()) | needles.find_in("\n".join(_stored_texts(path)).encode())
            if found:
                hits[str(path.relative_to(root))] = found
    return hits


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def _stands_alone(data: bytes, begin: int, end: int) -> bool:
    before, after = data[max(0, begin - 1) : begin], data[end : end + 1]
    return not before.isalnum() and before != b"." and not after.isalnum()


def _stored_texts(path: Path) -> Iterator[str]:
    with path.open("rb") as handle:
        head = handle.read(16)
    if head.startswith(b"PAR1"):
        with duckdb.connect() as connection:
            yield from _column_texts(connection, f"read_parquet({quote_text(path)})")
    elif head[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
            for schema, name in tables:
                yield from _column_texts(connection, f'"{schema}"."{name}"')
    elif head == b"SQLite format 3\0":
        yield from _sqlite_texts(path)


def _column_texts(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    columns = connection.execute(f"DESCRIBE FROM {table}").fetchall()
    for name, kind, *_ in columns:
        if kind == "VARCHAR":
            for (text,) in connection.execute(f'SELECT DISTINCT "{name}" FROM {table}').fetchall():
                yield text or ""


def _sqlite_texts(path: Path) -> Iterator[str]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            for value in row:
                if isinstance(value, str):
                    yield value
                elif isinstance(value, bytes):
                    yield value.decode("utf-8", errors="replace")
    connection.close()
