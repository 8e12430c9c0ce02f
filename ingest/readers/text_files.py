"""Reads text files in legacy encodings through a temporary copy in UTF-8."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from ingest.readers.sheet import UnreadableError
from ingest.vietnamese.legacy_text import Candidate, Encoding, EncodingError, transcode


@contextmanager
def text_in_utf8(
    connection: duckdb.DuckDBPyConnection, path: Path, candidates: Sequence[Candidate]
) -> Iterator[tuple[Path, Encoding]]:
    """Yields the file, or for legacy encodings a UTF-8 copy in DuckDB's spill folder, and the file's encoding.

    Raises UnreadableError when no candidate turns the bytes into Vietnamese.
    """
    spill = Path(connection.execute("select current_setting('temp_directory')").fetchall()[0][0])
    with TemporaryDirectory(dir=spill if spill.is_dir() else None) as folder:
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
