"""The dbt project is parsed once per process, and again after a change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

import warehouse.engine
from warehouse.config import Settings
from warehouse.engine import DBT_PROJECT, DbtProject, connect


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one model of a project of its own, of which nothing is parsed yet."""
    project = tmp_path / "project"
    for folder in ("models", "macros", "tests"):
        (project / folder).mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml", "models/a.sql"):
        (project / name).write_text("select 1")
    monkeypatch.setattr(warehouse.engine, "DBT_PROJECT", project)
    monkeypatch.setattr(DbtProject, "parsed", None)
    return project / "models" / "a.sql"


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The homes for which dbt was called, in a process in which it finds whatever stands there."""
    called: list[str] = []

    def invoke(project: DbtProject, _arguments: Sequence[str], _environment: object = None) -> SimpleNamespace:
        called.append(project.target.parents[1].name)
        project.target.mkdir(parents=True)
        project.manifest.write_text(f"parse {len(called)}")
        return SimpleNamespace(success=True, result=[len(called)])

    monkeypatch.setattr(DbtProject, "_invoke", invoke)
    return called


def parsed_for(home: Path) -> str:
    project = DbtProject(Settings(home=home))
    project.parse()
    return project.manifest.read_text()


@pytest.mark.usefixtures("model")
def test_homes_of_one_process_share_what_was_parsed_and_each_has_its_manifest(
    tmp_path: Path, parses: list[str]
) -> None:
    assert [parsed_for(tmp_path / name) for name in ("first", "second")] == ["parse 1", "parse 1"]
    assert parses == ["first"]


def test_a_new_home_starts_from_what_the_installation_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed_again = []
    monkeypatch.setattr(warehouse.engine, "INSTALLED_PARSE", tmp_path / "nothing is installed yet")
    for name in ("installation", "home"):
        monkeypatch.setattr(DbtProject, "parsed", None)
        project = DbtProject(Settings(home=tmp_path / name, memory_limit="3GB"))
        project.parse()
        parsed_again.append(json.loads((project.target / "perf_info.json").read_text())["parsed_path_count"])
        monkeypatch.setattr(warehouse.engine, "INSTALLED_PARSE", project.target / "partial_parse.msgpack")
    assert parsed_again[-1] == 0


def test_a_change_of_the_project_is_read(tmp_path: Path, model: Path, parses: list[str]) -> None:
    assert parsed_for(tmp_path / "first") == "parse 1"
    model.write_text("select 1 + 1")
    assert parsed_for(tmp_path / "second") == "parse 2"
    (model.parent / "b.sql").write_text("select 3")
    assert parsed_for(tmp_path / "third") == "parse 3"
    assert parses == ["first", "second", "third"]


def test_a_build_continues_after_a_model_that_spilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary directory cannot be set again once it is used, and dbt sets `settings` before every model."""
    project = tmp_path / "project"
    for folder in ("models", "macros", "tests"):
        (project / folder).mkdir(parents=True)
    (project / "profiles.yml").write_bytes((DBT_PROJECT / "profiles.yml").read_bytes())
    (project / "dbt_project.yml").write_text("{name: cchc, profile: cchc, models: {+materialized: table}}")
    # 48 MB of numbers to put in order.
    (project / "models" / "a.sql").write_text("select hash(range) as number from range(6000000) order by number")
    (project / "models" / "b.sql").write_text("select count(*) as n from {{ ref('a') }}")
    monkeypatch.setattr(warehouse.engine, "DBT_PROJECT", project)
    monkeypatch.setattr(DbtProject, "parsed", None)
    settings = Settings(home=tmp_path / "home", memory_limit="40MB")
    assert DbtProject(settings).build().passed == 2
    assert Settings().memory_limit == "2GB", "the environment of dbt is not left for the next home of the process"
    with connect(settings.layout.build_db, read_only=True) as connection:
        assert connection.execute("select n from main.b").fetchall() == [(6_000_000,)]
