"""A nation of four provinces that are made from the three agencies, and what a test does to it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.support.night_homes import PLAIN, THREE_AGENCIES, LoadedHome
from tests.support.nights import Cchc, Outcome, copy_home, query
from warehouse.config import Home

# The three agencies as they are; without their district; without dossiers, other forms and criteria; nothing yet.
WHOLE, WITHOUT_DISTRICT, OTHER_MEASURES, SILENT = "01", "04", "08", "11"


def make_nation(cchc: Cchc, root: Path, three_agencies: LoadedHome) -> Home:
    """Writes the provinces and runs their nights; the first is a copy of `three_agencies` after its night."""
    nation = Home(root)
    copy_home(three_agencies.home, nation.provinces / WHOLE)
    begin_province(nation, WHOLE, with_inbox=False)

    without_district = begin_province(nation, WITHOUT_DISTRICT)
    edit(without_district.registry / "criteria_sets.csv", "TN_2021", "CB_2021")
    edit(without_district.registry / "criteria.csv", "TN_2021", "CB_2021")
    for source in ("dossiers", "dossier_events"):
        drop_lines(without_district.inbox / source, "T99.03-")
    drop_lines(without_district.inbox / "survey_responses", "HT-")

    other = begin_province(nation, OTHER_MEASURES)
    edit(other.registry / "questionnaires.csv", "mean_minmax", "top2_weighted")
    edit(other.registry / "criteria.csv", "Kế hoạch cải cách hành chính", "Kế hoạch năm")
    for source in ("dossiers", "dossier_events"):
        shutil.rmtree(other.inbox / source)

    begin_province(nation, SILENT, with_inbox=False)
    nights = [
        cchc.start(nation.provinces / code, *PLAIN, registry=nation.provinces / code / "registry")
        for code in (WITHOUT_DISTRICT, OTHER_MEASURES)
    ]
    assert [night.result().exit_code for night in nights] == [0, 0]
    return nation


def begin_province(nation: Home, code: str, *, with_inbox: bool = True) -> Home:
    """Copies the registry of the three agencies, with a code, and their deliveries into a province's home."""
    home = Home(nation.provinces / code)
    shutil.copytree(THREE_AGENCIES / "registry", home.registry)
    if with_inbox:
        shutil.copytree(THREE_AGENCIES / "inbox", home.inbox)
    with (home.registry / "policy_parameters.csv").open("a", encoding="utf-8") as file:
        file.write(f"province_code,{code},2021-07-01,,QĐ thử nghiệm\n")
    edit(home.registry / "policy_parameters.csv", "Tỉnh Thử Nghiệm", f"Tỉnh Thử Nghiệm {code}")
    return home


def edit(path: Path, old: str, new: str) -> None:
    """Replaces a text in a file that has it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def drop_lines(folder: Path, start: str) -> None:
    """Removes the lines that begin with a text from the files of a folder."""
    for path in folder.iterdir():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith(start)), encoding="utf-8")


def copy_nation(nation: Home, target: Path) -> Home:
    """Copies a nation, so that a test may change it."""
    shutil.copytree(nation.root, target, symlinks=True)
    return Home(target)


def build(cchc: Cchc, nation: Home, **options: Any) -> Outcome:
    """Runs `cchc nation build`."""
    return cchc(nation.root, "nation", "build", **options)


def national(nation: Home, sql: str) -> list[tuple[Any, ...]]:
    """Returns the rows of a query on the nation's current publication."""
    return query(nation.current / "warehouse.duckdb", sql)


def inclusion(nation: Home) -> dict[str, str | None]:
    """Returns by province why it is not in the nation's publication; None where it is."""
    return dict(national(nation, "SELECT province_code, inclusion_reason FROM national.province"))
