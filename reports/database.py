"""Reads a published database for the page: one read-only connection, rows as dictionaries."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from warehouse.engine import connect


@contextmanager
def open_published(warehouse_db: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens a published database read-only and writes nothing beside it, so its folder may be read-only too."""
    with connect(warehouse_db, read_only=True, temp=Path(tempfile.gettempdir())) as connection:
        yield connection


def fetch(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> list[dict[str, Any]]:
    """Returns the rows of `sql` by column name. Raises duckdb.Error when a mart is missing."""
    cursor = connection.execute(sql, parameters or None)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
