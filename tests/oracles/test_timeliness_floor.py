"""A script and the models, written apart, find the same tables in every row (tests/oracles/timeliness_floor.sql)."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from bench.homes import DifferentResultError
from bench.same_tables import expect_same
from bench.timeliness import build_floor, build_log


def test_an_independent_script_finds_the_same_tables(tmp_path: Path) -> None:
    build_log(tmp_path, dossiers=6_000)
    build_floor(tmp_path)
    floor, built = tmp_path / "floor" / "floor.duckdb", tmp_path / "home" / "build" / "warehouse.duckdb"
    fact = {"core.fct_dossier": ["dossier_code"]}
    try:
        expect_same(floor, built, fact)
    except DifferentResultError as error:
        error.add_note(
            "The floor is tests/oracles/timeliness_floor.sql. When the formula was meant to change, change it there as "
            "well, from docs/methods.md and not from the model."
        )
        raise
    with duckdb.connect(str(floor)) as connection:
        connection.execute("update core.fct_dossier set net_days = net_days + 1 where dossier_code = 'SYT-15-000001'")
    with pytest.raises(DifferentResultError, match=r"core\.fct_dossier, dossier_code SYT-15-000001, net_days: "):
        expect_same(floor, built, fact)
