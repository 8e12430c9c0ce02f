"""A script and the models, written apart, find the same tables in every row (tests/oracles/timeliness_floor.sql)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from bench.homes import DifferentResultError
from bench.same_tables import expect_same, measure_floor
from bench.timeliness import build_floor, build_log
from tests.support.dbt_home import build_all, make_inputs
from tests.support.random_log import random_log
from warehouse.config import Settings
from warehouse.engine import DbtProject


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


def test_an_independent_script_finds_the_same_tables_of_odd_dossiers(tmp_path: Path) -> None:
    """Before 2017, when no limit moves, and with as_of after everything, as the script expects."""
    as_of = date(2015, 12, 31)
    dossiers, events = random_log(
        7, 1_500, first_day=date(2014, 9, 1), procedures=["P3", "P5", "K7", "H4", "OLD"], agencies=["STP", "NT"]
    )
    home = make_inputs(tmp_path / "home", dossiers=dossiers, events=events, as_of=as_of)
    build_all(DbtProject(Settings(home=home.root)), home)
    measure_floor(tmp_path, "timeliness", home.landing, as_of)
