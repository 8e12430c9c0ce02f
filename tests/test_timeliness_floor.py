"""A script and the models, written apart, find the same tables in every row (bench/timeliness_floor.sql)."""

from __future__ import annotations

from pathlib import Path

from bench.same_tables import expect_same
from bench.timeliness import build_floor, build_whole


def test_an_independent_script_finds_the_same_tables(tmp_path: Path) -> None:
    build_whole(tmp_path, dossiers=6_000)
    build_floor(tmp_path)
    expect_same(tmp_path / "floor" / "floor.duckdb", tmp_path / "home" / "build" / "warehouse.duckdb")
