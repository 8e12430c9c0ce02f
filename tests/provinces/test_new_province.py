"""A registry from nothing, and the first night of a province that sends workbooks alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.registry.declaration import declaration
from ingest.registry.new import RegistryExistsError, csv_text, examples, new_registry
from ingest.registry.registry import check_registry
from tests.support.new_province import deliver_appraisals, what_a_person_writes, write_lines
from tests.support.night_homes import PLAIN
from tests.support.nights import Cchc, select
from warehouse.config import Home

PROVINCE, FROM = "Tỉnh Khánh Hòa (thử nghiệm)", date(2024, 1, 1)


def test_a_new_registry_has_every_table_and_no_problem(tmp_path: Path) -> None:
    written = new_registry(tmp_path / "registry", PROVINCE, FROM)
    assert [path.name for path in written] == ["README.md", *(f"{name}.csv" for name in declaration().tables)]
    assert check_registry(tmp_path / "registry") == []
    with pytest.raises(RegistryExistsError, match="has files already"):
        new_registry(tmp_path / "registry", PROVINCE, FROM)


def test_the_examples_of_the_readme_are_a_registry_without_a_problem(tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    readme = new_registry(registry, PROVINCE, FROM)[0].read_text(encoding="utf-8")
    assert examples().keys() == declaration().tables.keys()
    for name, table in declaration().tables.items():
        lines = csv_text(table, examples()[name]["rows"])
        assert not examples()[name]["rows"] or lines in readme
        with (registry / table.file).open("a", encoding="utf-8") as file:
            file.write(lines.split("\n", 1)[1])
    assert [str(problem) for problem in check_registry(registry)] == []


def test_a_province_that_sends_workbooks_alone_is_published_by_its_first_night(tmp_path: Path, cchc: Cchc) -> None:
    home, registry = Home(tmp_path / "home"), tmp_path / "registry"
    new_registry(registry, PROVINCE, FROM)
    # 14 departments, 65 communes, two sets of two criteria each.
    assert write_lines(registry, what_a_person_writes()) == 79 + 2 + 4
    assert check_registry(registry) == []
    deliver_appraisals(home.inbox)
    outcome = cchc(home.root, *PLAIN, registry=registry)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    ranked = select(
        home,
        "SELECT cchc_group, count(*), max(group_rank), min(official_pct), max(official_pct), count(rating) "
        "FROM cchc.ranking WHERE year = 2025 AND rank_status = 'ranked' GROUP BY ALL ORDER BY ALL",
    )
    assert ranked == [("so", 14, 14, 93.0, 99.5, 0), ("xa", 65, 65, 67.5, 99.5, 0)]
    empty = "SELECT (SELECT count(*) FROM core.fct_dossier) + (SELECT count(*) FROM satisfaction.index_by_agency)"
    assert select(home, empty) == [(0,)]
