"""Plain dbt on a copy of the last build, without any setting."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.support.dbt_home import make_inputs
from warehouse.config import Home, Settings
from warehouse.dbt_copy import COPY, copy_build
from warehouse.engine import DBT_PROJECT, DbtProject


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("nhà của O'Brien")
    home = make_inputs(root)
    DbtProject(Settings(home=root)).build("--select", "+dim_date", "--indirect-selection", "cautious")
    return home


def run_dbt(project: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CCHC_")}
    command = [str(Path(sys.executable).with_name("dbt")), *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def rows(database: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute("select * from core.dim_date order by all").fetchall()


def test_dbt_builds_tests_and_documents_on_the_copy_and_leaves_the_build_alone(home: Home, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    copy = copy_build(home, project / COPY.relative_to(DBT_PROJECT))
    before, stamp = rows(home.build_db), home.build_db.stat().st_mtime_ns
    for _ in range(2):
        run_dbt(project, "build", "--select", "dim_date", "int_calendar_indexed", "--indirect-selection", "cautious")
        assert rows(copy / home.build_db.name) == before
    run_dbt(project, "docs", "generate", "--select", "dim_date")
    assert (project / "target" / "catalog.json").exists()
    assert home.build_db.stat().st_mtime_ns == stamp


def test_there_is_nothing_to_copy_before_the_first_build(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run `cchc nightly`"):
        copy_build(Settings(home=tmp_path).layout, tmp_path / "copy")
