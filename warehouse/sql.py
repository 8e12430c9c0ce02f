"""Quoting for what takes no parameters: names, and the texts of views and comments."""

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
    """`text` as an SQL string literal."""
    return f"'{escape_text(text)}'"


def escape_text(text: str | Path) -> str:
    """`text` for a place between the quotes of an SQL string literal."""
    return str(text).replace("'", "''")
