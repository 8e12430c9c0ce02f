"""A publication in the making: what audits may look at, and what extras may add to."""

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
    """What DuckDB may use while publishing; `spill` is a folder outside the publication."""

    spill: Path
    memory_limit: str = "1GB"
    threads: int = 2


@dataclass(frozen=True)
class StagedTable:
    """One table as staged. `path` is that of its Parquet file, below the folder of each profile that has the table."""

    table: Table
    rows: int
    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class StagedPublication:
    """Everything of a publication but its manifest, in a folder that no reader sees."""

    folder: Path
    catalog: Catalog
    identity: PublicationIdentity
    tables: tuple[StagedTable, ...]
    limits: Limits

    def folder_of(self, profile: str) -> Path:
        """The folder of a profile, `internal` or `open`."""
        return self.folder if profile == "internal" else self.folder / OPEN_FOLDER

    def tables_of(self, profile: str) -> tuple[StagedTable, ...]:
        """The tables of a profile."""
        return tuple(staged for staged in self.tables if profile == "internal" or staged.table.is_open)

    @contextmanager
    def open_database(self, profile: str = "internal") -> Iterator[duckdb.DuckDBPyConnection]:
        """Read one profile's database file, the very bytes that will be published."""
        path, limits = self.folder_of(profile) / DATABASE, self.limits
        with connect(
            path, read_only=True, memory_limit=limits.memory_limit, threads=limits.threads, temp=limits.spill
        ) as connection:
            yield connection


@dataclass(frozen=True)
class Audit:
    """A named condition of publishing. `check` returns one sentence per failure, none when all is well."""

    name: str
    check: Callable[[StagedPublication], list[str]]


# Writes a file of its own into the folder of the staged publication, such as a page for people.
Extra = Callable[[StagedPublication], None]
