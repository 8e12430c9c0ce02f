"""Where dbt builds. Everything after dbt reads the built tables in one DuckDB file, whichever engine wrote them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any, Protocol

import duckdb

from warehouse.config import Settings
from warehouse.engine import connect


class EngineMissingError(RuntimeError):
    """The engine of the build cannot run here; the message says what to install or to set."""


class BuildStore(Protocol):
    """The tables of one home's build, and the engine that writes them.

    A build is `begin`, dbt invocations with `environment`, each followed by `show` when it succeeded, and `close`.
    """

    # The target in dbt_project/profiles.yml.
    engine: str
    # What the target and its macros read, with the paths of this home.
    environment: Mapping[str, str]

    def check(self) -> str:
        """Returns what will build. Raises EngineMissingError when the engine cannot run on this machine."""

    def begin(self) -> None:
        """Removes what a killed build or a build by the other engine left, and starts the engine."""

    def show(self) -> None:
        """Makes every built table readable in `home.build_db`."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query in the dialect of the engine, such as a compiled test."""

    def close(self) -> None:
        """Stops the engine; without effect when it does not run."""


class DuckDbFile:
    """The build in one DuckDB file, which dbt writes itself; the next build replaces table by table."""

    engine = "duckdb"

    def __init__(self, settings: Settings) -> None:
        self._home = settings.layout
        self.environment: Mapping[str, str] = {
            "CCHC_BUILD_DB": str(self._home.build_db),
            "CCHC_TEMP": str(self._home.staging / "dbt"),
            "CCHC_MEMORY_LIMIT": settings.memory_limit,
            "CCHC_THREADS": str(settings.threads),
        }

    def check(self) -> str:
        """DuckDB is part of every installation."""
        return f"DuckDB {duckdb.__version__}"

    def begin(self) -> None:
        """Removes a build by Spark, because dbt would meet views where it makes tables."""
        if self._home.spark_tables.exists():
            self._home.build_db.unlink(missing_ok=True)
            shutil.rmtree(self._home.spark_tables)

    def show(self) -> None:
        """dbt has written the tables into the file."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query on the built tables."""
        with connect(self._home.build_db, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def close(self) -> None:
        """Nothing runs between two invocations."""


def build_store(settings: Settings) -> BuildStore:
    """Returns the store of the engine that the settings name."""
    if settings.engine == "spark":
        from warehouse.spark.tables import SparkTables

        return SparkTables(settings)
    return DuckDbFile(settings)
