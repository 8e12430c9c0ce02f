"""What both stores promise without an engine: which tables are shown, and what is said when Spark cannot run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warehouse.spark.session
from tests.support.nights import query
from warehouse.build_store import DuckDbFile, EngineMissingError, build_store
from warehouse.config import Settings
from warehouse.spark.session import java_version
from warehouse.spark.tables import SparkTables


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "nhà của O'Brien (2026)", engine="spark")


def write_table(settings: Settings, name: str, parts: list[list[int]], *, is_complete: bool = True) -> None:
    folder = settings.layout.spark_tables / name
    folder.mkdir(parents=True)
    for number, values in enumerate(parts):
        pq.write_table(pa.table({"n": pa.array(values, pa.int64())}), folder / f"part-{number:05d}-x.parquet")
        # Spark writes a checksum beside every part.
        (folder / f".part-{number:05d}-x.parquet.crc").write_bytes(b"crc")
    if is_complete:
        (folder / "_SUCCESS").touch()


def test_finished_tables_of_spark_are_shown_as_views(settings: Settings) -> None:
    write_table(settings, "core/dim_agency", [[1, 2], [3]])
    write_table(settings, "timeliness/overdue_ageing", [[]])
    write_table(settings, "core/fct_dossier", [[4]], is_complete=False)
    SparkTables(settings).show()
    shown = query(
        settings.layout.build_db, "select schema_name || '.' || view_name from duckdb_views() where not internal"
    )
    assert sorted(shown) == [("core.dim_agency",), ("timeliness.overdue_ageing",)]
    assert query(settings.layout.build_db, "select n from core.dim_agency order by n") == [(1,), (2,), (3,)]
    assert query(settings.layout.build_db, "select count(*) from timeliness.overdue_ageing") == [(0,)]


def test_a_build_on_duckdb_removes_what_spark_built(settings: Settings) -> None:
    write_table(settings, "core/dim_agency", [[1]])
    SparkTables(settings).show()
    DuckDbFile(settings).begin()
    assert not settings.layout.spark_tables.exists()
    assert not settings.layout.build_db.exists()


def test_a_build_on_duckdb_keeps_its_own_file(settings: Settings) -> None:
    settings.layout.build.mkdir(parents=True)
    settings.layout.build_db.write_bytes(b"of the last night")
    DuckDbFile(settings).begin()
    assert settings.layout.build_db.read_bytes() == b"of the last night"


@pytest.mark.parametrize(("engine", "store"), [("duckdb", DuckDbFile), ("spark", SparkTables)])
def test_the_setting_names_the_store(tmp_path: Path, engine: str, store: type) -> None:
    assert type(build_store(Settings(home=tmp_path, engine=engine))) is store


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Pretends that the packages are installed, with a Java of this version."""

    def pretend(java: int | None) -> None:
        monkeypatch.setattr(warehouse.spark.session, "find_spec", lambda _: object())
        monkeypatch.setattr(warehouse.spark.session, "java_version", lambda: java)

    return pretend


def test_missing_packages_are_named_with_the_command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse.spark.session, "find_spec", lambda _: None)
    with pytest.raises(EngineMissingError, match="make spark-install"):
        SparkTables(settings).check()


@pytest.mark.parametrize(("java", "found"), [(None, "no Java was found"), (11, "Java 11 was found")])
def test_a_missing_or_old_java_is_named(
    settings: Settings, installed: Callable[[int | None], None], java: int | None, found: str
) -> None:
    installed(java)
    with pytest.raises(EngineMissingError, match=found):
        SparkTables(settings).check()


def test_a_connect_server_needs_no_java_here(installed: Callable[[int | None], None], tmp_path: Path) -> None:
    installed(None)
    assert "sc://spark:15002" in SparkTables(Settings(home=tmp_path, spark_master="sc://spark:15002")).check()


@pytest.mark.parametrize(
    ("printed", "version"), [('openjdk version "17.0.15" 2025-04-15', 17), ('openjdk version "21" 2023-09-19', 21)]
)
def test_the_version_of_java_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, version: int
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{printed}' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java_version() == version
    java.unlink()
    assert java_version() is None


def test_an_unknown_place_for_spark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="spark_master"):
        Settings(home=tmp_path, spark_master="yarn")
