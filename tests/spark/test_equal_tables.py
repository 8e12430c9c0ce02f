"""Both engines publish the same tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.engines import compare_engines, print_table
from tests.spark.conftest import REGISTRY, forget_builds
from tests.support.night_homes import PLAIN, FirstNight, LoadedHome
from tests.support.nights import Cchc, read_records
from warehouse.config import Home, Settings
from warehouse.spark.tables import SparkTables

ON_SPARK = {"CCHC_ENGINE": "spark"}


def expect_equal(duckdb: Home, spark: Home) -> None:
    tables = compare_engines(duckdb.current, spark.current)
    print_table(tables)
    assert [table for table in tables if not table.is_equal] == []
    # Only what is computed from sums of doubles differs: each engine rounds a double to a decimal in its own way.
    assert {table.name for table in tables if table.largest} <= {
        "cchc.area_scores",
        "cchc.criterion_group_scores",
        "core.fct_criterion_score",
        "satisfaction.index_by_agency",
        "satisfaction.index_by_block",
        "satisfaction.index_by_district",
        "satisfaction.index_by_factor",
        "satisfaction.index_by_population",
    }


def test_three_agencies_are_equal(cchc: Cchc, three_agencies: LoadedHome, tmp_path: Path) -> None:
    home = forget_builds(three_agencies.home, tmp_path / three_agencies.home.root.name)
    outcome = cchc(home.root, *PLAIN, registry=REGISTRY, environment=ON_SPARK)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    expect_equal(three_agencies.home, home)
    assert [read_records(each.runs)[0]["engine"] for each in (three_agencies.home, home)] == ["duckdb", "spark"]


def test_two_years_of_every_delivery_are_equal(cchc: Cchc, conference_night: FirstNight, tmp_path: Path) -> None:
    home = forget_builds(conference_night.home, tmp_path / "spark")
    outcome = cchc(home.root, *PLAIN, environment=ON_SPARK)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    expect_equal(conference_night.home, home)


@pytest.mark.parametrize("name", ["first", "second"])
def test_every_home_of_a_process_begins_with_an_empty_catalog(tmp_path: Path, name: str) -> None:
    store = SparkTables(Settings(home=tmp_path / name, engine="spark", spark_memory="1g"))
    store.begin()
    try:
        assert store.rows("show databases") == [("default",)]
        folder = store.environment["CCHC_SPARK_TABLES"]
        store.rows(f"create schema core location '{folder}/core'")
        store.rows(f"create table core.home as select '{name}' as name")
        store.show()
        assert store.rows("select name from core.home") == [(name,)]
    finally:
        store.close()
