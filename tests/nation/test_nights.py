"""Nights of provinces as processes: beside each other, each with its exit code and log, none longer than allowed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flows.nation.nights import ProvinceNight, run_nights
from flows.nation.provinces import Province, environment_of, list_provinces, settings_of
from warehouse.config import Home


@pytest.fixture
def nation(tmp_path: Path) -> Home:
    for code in ("01", "04", "08"):
        (tmp_path / "provinces" / code / "registry").mkdir(parents=True)
    (tmp_path / "provinces" / "not a code").mkdir()
    return Home(tmp_path)


def use(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Makes this script the Python that runs a night."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\ncd {str(folder)!r}\nprovince=${{CCHC_HOME##*/}}\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def run(nation: Home, jobs: int, hours: float = 1.0) -> list[ProvinceNight]:
    return run_nights(nation, list_provinces(nation), jobs, hours, lambda _: None)


def test_nights_run_beside_each_other(nation: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Each waits until all three have begun: with one night after another none would ever end.
    use(monkeypatch, tmp_path, "touch $province.begun; while [ $(ls *.begun | wc -l) -lt 3 ]; do sleep 0.01; done")
    assert [(night.code, night.exit_code) for night in run(nation, 3)] == [("01", 0), ("04", 0), ("08", 0)]


def test_each_night_has_its_exit_code_and_its_log(
    nation: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use(monkeypatch, tmp_path, "echo night of $province; [ $province = 04 ] && kill -9 $$; [ $province = 01 ]")
    nights = run(nation, 1)
    assert [(night.code, night.exit_code, night.is_done) for night in nights] == [
        ("01", 0, True),
        ("04", -9, False),
        ("08", 1, False),
    ]
    assert nights[1].reason == "killed by signal 9"
    assert [night.log.read_text(encoding="utf-8") for night in nights] == [
        f"night of {code}\n" for code in ("01", "04", "08")
    ]


def test_a_night_that_hangs_is_stopped(nation: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, tmp_path, "[ $province = 04 ] && exec sleep 600; exit 0")
    nights = run(nation, 1, hours=0.5 / 3600)
    assert [night.exit_code for night in nights] == [0, 1, 0]
    assert nights[1].reason.startswith("stopped after")


def test_a_province_has_its_own_home_registry_inbox_and_key(nation: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCHC_INBOX", "elsewhere")
    monkeypatch.setenv("CCHC_KEY", "of the ministry")
    monkeypatch.setenv("CCHC_REGISTRY", "of the ministry")
    monkeypatch.setenv("CCHC_THREADS", "3")
    home = Home(nation.provinces / "01")
    environment = environment_of(home)
    ours = {name: value for name, value in environment.items() if name.startswith("CCHC_")}
    assert ours == {"CCHC_HOME": str(home.root), "CCHC_REGISTRY": str(home.registry), "CCHC_THREADS": "3"}
    settings = settings_of(home)
    assert (settings.layout, settings.registry, settings.threads) == (home, home.registry, 3)
    assert (settings.inbox, settings.key, settings.key_file) == (None, None, None)


def test_provinces_are_the_folders_that_are_codes(nation: Home) -> None:
    assert list_provinces(nation, ["04"]) == [Province("04", Home(nation.provinces / "04"))]
    assert [province.code for province in list_provinces(nation)] == ["01", "04", "08"]
