"""The registries of this repository, and edits of a copy for tests."""

from __future__ import annotations

import csv
from pathlib import Path

from ingest.registry.declaration import declaration

_ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = _ROOT / "dbt_project" / "seeds"
THREE_AGENCIES = _ROOT / "tests" / "provinces" / "three_agencies" / "registry"


_SQL_TYPES = {"integer": "bigint", "decimal": "decimal(18,9)", "date": "date", "boolean": "boolean"}


def sql_type(table: str, column: str) -> str:
    """Returns the type that a column of a registry table has in the Parquet that ingest leaves."""
    return _SQL_TYPES.get(declaration().tables[table].columns[column].type, "varchar")


def demo_rows(table: str) -> list[dict[str, str]]:
    """Returns the rows of one table of the demo province, as text."""
    with (DEMO / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def edit(registry: Path, file: str, old: str, new: str) -> None:
    """Replaces a text that occurs exactly once in a file of the registry."""
    text = (registry / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    (registry / file).write_text(text.replace(old, new), encoding="utf-8")


def append(registry: Path, file: str, line: str) -> None:
    """Adds a line to a file of the registry."""
    with (registry / file).open("a", encoding="utf-8") as opened:
        opened.write(f"{line}\n")
