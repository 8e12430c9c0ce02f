"""Quotes SQL where parameters are not allowed: names, and the texts of views and comments."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def quote_name(name: str) -> str:
    """Returns `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_names(names: Iterable[str]) -> str:
    """Returns several identifiers, separated by commas."""
    return ", ".join(quote_name(name) for name in names)


def quote_text(text: str | Path) -> str:
    """Returns `text` as an SQL string literal."""
    return f"'{escape_text(text)}'"


def escape_text(text: str | Path) -> str:
    """Returns `text` escaped for use inside an SQL string literal."""
    return str(text).replace("'", "''")
