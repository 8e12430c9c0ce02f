"""A staged publication: read by audits, extended by extras."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.engine import connect
from warehouse.publication.catalog import Catalog, Table
from warehouse.publication.identity import PublicationIdentity

DATABASE = "warehouse.duckdb"
OPEN_FOLDER = "open"


@dataclass(frozen=True)
class Limits:
    """Limits of DuckDB while publishing; `spill` is a folder outside the publication."""

    spill: Path
    memory_limit: str = "1GB"
    threads: int = 2


@dataclass(frozen=True)
class StagedTable:
    """One table as staged. `path` is that of its Parquet file, below the folder of each profile that has the table.

    `opened` is the table as the open profile has it; None for an internal one.
    """

    table: Table
    rows: int
    path: str
    size_bytes: int
    sha256: str
    opened: StagedTable | None = None


@dataclass(frozen=True)
class StagedPublication:
    """A publication without its manifest, in a folder that no reader sees."""

    folder: Path
    catalog: Catalog
    identity: PublicationIdentity
    tables: tuple[StagedTable, ...]
    limits: Limits

    def folder_of(self, profile: str) -> Path:
        """Returns the folder of a profile, `internal` or `open`."""
        return self.folder if profile == "internal" else self.folder / OPEN_FOLDER

    def tables_of(self, profile: str) -> tuple[StagedTable, ...]:
        """Returns the tables of a profile."""
        if profile == "internal":
            return self.tables
        return tuple(staged.opened for staged in self.tables if staged.opened is not None)

    @contextmanager
    def open_database(self, profile: str = "internal") -> Iterator[duckdb.DuckDBPyConnection]:
        """Opens one profile's database file, which will be published unchanged."""
        path, limits = self.folder_of(profile) / DATABASE, self.limits
        with connect(
            path, read_only=True, memory_limit=limits.memory_limit, threads=limits.threads, temp=limits.spill
        ) as connection:
            yield connection


@dataclass(frozen=True)
class Audit:
    """A named condition of publishing. `check` returns one sentence per failure."""

    name: str
    check: Callable[[StagedPublication], list[str]]


# Writes a file into the folder of the staged publication, such as the page.
Extra = Callable[[StagedPublication], None]
