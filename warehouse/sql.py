"""Quoting for the statements that take no parameters."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def quote_name(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_names(names: Iterable[str]) -> str:
    """Several identifiers, separated by commas."""
    return ", ".join(quote_name(name) for name in names)


def quote_text(text: str | Path) -> str:
    """`text` as an SQL string literal, for ATTACH, COPY and COMMENT."""
    return "'" + str(text).replace("'", "''") + "'"
