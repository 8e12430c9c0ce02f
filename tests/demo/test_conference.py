"""The demo province reproduces the figures of the conference report, and a correction changes one agency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from demo import write_correction
from demo.figures import compare_figures
from tests.support.deliveries import REGISTRY
from tests.support.night_homes import PLAIN, FirstNight
from tests.support.nights import Cchc, Outcome, copy_home, read_records, select
from warehouse.config import Home

CORRECTED = "H571"


@dataclass(frozen=True)
class Correction:
    """The home of the conference after a correction of one agency, the publication diff, and a rollback."""

    home: Home
    first_publication: str
    outcome: Outcome
    diff: Outcome
    ranking: dict[str, tuple[Any, ...]]
    rolled_back: Outcome


def ranking(home: Home) -> dict[str, tuple[Any, ...]]:
    rows = select(
        home, "SELECT agency_id, official_pct, rating, overall_rank, group_rank FROM cchc.ranking WHERE year = 2015"
    )
    return {row[0]: row[1:] for row in rows}


@pytest.fixture(scope="module")
def correction(cchc: Cchc, conference_night: FirstNight, tmp_path_factory: pytest.TempPathFactory) -> Correction:
    home = copy_home(conference_night.home, tmp_path_factory.mktemp("correction") / "home")
    write_correction(home.inbox, REGISTRY, CORRECTED, 1)
    outcome = cchc(home.root, *PLAIN)
    diff = cchc(home.root, "publications", "diff")
    after = ranking(home)
    return Correction(home, conference_night.publication_id, outcome, diff, after, cchc(home.root, "rollback"))


def test_every_printed_figure_is_reproduced(conference_night: FirstNight) -> None:
    compared = compare_figures(conference_night.home.current)
    assert [figure.code for figure in compared] == [f"P{number}" for number in (*range(1, 15), 16)]
    assert [(figure.code, figure.computed) for figure in compared if not figure.is_equal] == []


def test_the_page_contains_the_figures_of_the_conference(conference_night: FirstNight) -> None:
    page = (conference_night.home.current / "summary.html").read_text(encoding="utf-8")
    printed = {figure.code: figure.published for figure in compare_figures(conference_night.home.current)}
    for code in ("P1", "P8"):
        assert printed[code].removesuffix(" %") in page, code


def test_only_the_corrected_files_are_loaded(correction: Correction, conference_night: FirstNight) -> None:
    assert correction.outcome.exit_code == 0, correction.outcome.stderr
    loads = read_records(correction.home.loads)[len(conference_night.report.files) :]
    assert sorted(load["original_name"] for load in loads) == [
        f"tham_dinh_lai_{CORRECTED}_2015.xlsx",
        f"tu_cham_{CORRECTED}_2015_bo_sung.xlsx",
    ]
    assert {load["verdict_status"] for load in loads} == {"accepted"}


def test_a_correction_changes_only_the_index_of_its_agency(
    correction: Correction, conference_night: FirstNight
) -> None:
    before, after = ranking(conference_night.home), correction.ranking
    assert after[CORRECTED][0] > before[CORRECTED][0]
    assert after[CORRECTED][2] < before[CORRECTED][2]
    others = [agency for agency in before if agency != CORRECTED]
    assert len(others) == 41
    assert [agency for agency in others if after[agency][0] != before[agency][0]] == []


def test_the_publication_diff_names_the_files_and_the_agency(correction: Correction) -> None:
    assert correction.diff.exit_code == 0, correction.diff.stderr
    for name in (f"tham_dinh_lai_{CORRECTED}_2015.xlsx", "cchc.ranking", CORRECTED):
        assert name in correction.diff.text, name


def test_a_rollback_restores_the_previous_ranking(correction: Correction, conference_night: FirstNight) -> None:
    assert correction.rolled_back.exit_code == 0, correction.rolled_back.stderr
    assert correction.home.current.readlink().name == correction.first_publication
    assert ranking(correction.home) == ranking(conference_night.home)
