"""The build as a folder of Parquet tables that Spark writes, shown as views of one DuckDB file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from warehouse.build_store import EngineMissingError
from warehouse.config import Settings
from warehouse.engine import connect
from warehouse.spark.session import check_spark, open_session, stop_session
from warehouse.sql import quote_name, quote_text

# Spark writes this file into the folder of a table when all of its parts are there.
_COMPLETE = "_SUCCESS"


class SparkTables:
    """Tables below build/spark/<schema>/<table>/, written by one build; nothing of an earlier build is kept."""

    engine = "spark"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = settings.layout
        self._session: Any = None
        self.environment: Mapping[str, str] = {"CCHC_SPARK_TABLES": str(self._home.spark_tables)}

    def check(self) -> str:
        """Returns where Spark runs. Raises EngineMissingError when its packages or Java are missing."""
        return check_spark(self._settings)

    def begin(self) -> None:
        """Removes the former build, views first, and opens a session with an empty catalog."""
        self.check()
        self._home.build_db.unlink(missing_ok=True)
        self._session = open_session(self._settings)
        self._empty_catalog()
        shutil.rmtree(self._home.spark_tables, ignore_errors=True)
        self._home.spark_tables.mkdir(parents=True)

    def _empty_catalog(self) -> None:
        """Drops the schemas of this home's former builds, which a Connect server keeps.

        Raises EngineMissingError when they belong to another home: two builds in one catalog would mix their tables.
        """
        for schema in self._session.catalog.listDatabases():
            if schema.name == "default":
                continue
            if unquote(urlsplit(schema.locationUri).path) != str(self._home.spark_tables / schema.name):
                raise EngineMissingError(
                    f"the Spark server {self._settings.spark_master} builds another home ({schema.locationUri}): "
                    "start one server for each home (docs/national.md)"
                )
            self._session.sql(f"drop schema `{schema.name}` cascade")

    def show(self) -> None:
        """Writes a view of every finished table into the DuckDB file."""
        with connect(self._home.build_db) as connection:
            for complete in sorted(self._home.spark_tables.glob(f"*/*/{_COMPLETE}")):
                table = complete.parent
                schema = quote_name(table.parent.name)
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                parts = quote_text(table / "*.parquet")
                connection.execute(
                    f"CREATE OR REPLACE VIEW {schema}.{quote_name(table.name)} AS SELECT * FROM read_parquet({parts})"
                )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Returns the rows of a query in Spark's dialect."""
        return [tuple(row) for row in self._session.sql(sql).collect()]

    def close(self) -> None:
        """Stops the session; its catalog ends with it, the files stay."""
        if self._session is not None:
            stop_session(self._session)
            self._session = None
