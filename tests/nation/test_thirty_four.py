"""The nation of 34 provinces, from its generator to its ranks; `make nation-test` runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.nation import PROVINCES, write_nation
from ingest.registry.registry import check_registry
from tests.oracles.national import rank_differences, sum_differences, union_differences
from tests.support.nations import inclusion, national
from tests.support.nights import Cchc
from warehouse.config import Home


def test_the_generator_writes_provinces_that_differ_and_the_same_ones_again(tmp_path: Path) -> None:
    written = write_nation(tmp_path / "a", 6)
    assert [(one.code, one.dossiers) for one in written] == [
        ("01", 200),
        ("04", 247),
        ("08", 294),
        ("11", 0),
        ("12", 388),
        ("14", 0),
    ]
    assert ["survey_responses" in one.sources for one in written] == [True, True, False, True, True, False]
    for one in written:
        assert check_registry(tmp_path / "a" / "provinces" / one.code / "registry") == []
    write_nation(tmp_path / "b", 6)
    first, second = ({p.relative_to(root): p for p in root.rglob("*") if p.is_file()} for root in roots(tmp_path))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name].read_bytes() != second[name].read_bytes()] == []


def roots(folder: Path) -> tuple[Path, Path]:
    return folder / "a", folder / "b"


@pytest.mark.large
def test_thirty_four_provinces_are_the_union_of_their_publications(cchc: Cchc, tmp_path: Path) -> None:
    nation = Home(tmp_path / "nation")
    write_nation(nation.root)
    outcome = cchc(nation.root, "nation", "nightly", "--jobs", "2")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    *others, last = PROVINCES
    assert inclusion(nation) == {**dict.fromkeys(others), last: "never_published"}
    # Provinces without dossiers or survey forms are in the tables of what they have.
    assert national(nation, "SELECT count(DISTINCT province_code) FROM national.on_time_by_province_year") == [(32,)]
    assert national(nation, "SELECT count(DISTINCT province_code) FROM national.satisfaction_by_province_year") == [
        (32,)
    ]
    assert list(union_differences(nation, others)) == []
    assert list(sum_differences(nation, others)) == []
    assert list(rank_differences(nation)) == []
