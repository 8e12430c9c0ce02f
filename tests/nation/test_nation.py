"""A nation of four provinces: the union of what they publish, with values worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tests.nation.conftest import BuiltNation
from tests.oracles.national import rank_differences, sum_differences, union_differences
from tests.support.nations import (
    OTHER_MEASURES,
    SILENT,
    WHOLE,
    WITHOUT_DISTRICT,
    build,
    copy_nation,
    inclusion,
    national,
)
from tests.support.nights import Cchc, published_rows
from warehouse.config import Home
from warehouse.publication.manifest import find_damage


@pytest.fixture(scope="module")
def nation(built: BuiltNation) -> Home:
    assert (built.outcome.exit_code, built.outcome.stderr) == (0, "")
    return built.home


def test_every_province_is_a_row_with_its_reason(nation: Home) -> None:
    listed = national(
        nation,
        "SELECT province_code, province_name, is_included, inclusion_reason, data_until_date, as_of_date "
        "FROM national.province ORDER BY ALL",
    )
    day = date(2024, 3, 31)
    assert listed == [
        (WHOLE, "Tỉnh Thử Nghiệm 01", True, None, day, day),
        (WITHOUT_DISTRICT, "Tỉnh Thử Nghiệm 04", True, None, day, day),
        (OTHER_MEASURES, "Tỉnh Thử Nghiệm 08", True, None, day, day),
        (SILENT, "Tỉnh Thử Nghiệm 11", False, "never_published", None, day),
    ]


def test_a_province_s_rate_is_that_of_its_dossiers(nation: Home) -> None:
    # By hand from three_agencies/expected_agency_year.csv: 3 of 5, 4 of 7 and 2 of 4 are 9 of 16; without
    # the district 7 of 12. Neither has the 30 dossiers of a rank.
    rated = national(
        nation,
        "SELECT province_code, year, n_agencies, n_received, n_due_cohort, n_due_on_time, round(on_time_pct, 10), "
        "national_rank_status, national_rank FROM national.on_time_by_province_year ORDER BY ALL",
    )
    assert rated == [
        (WHOLE, 2024, 3, 21, 16, 9, 56.25, "small_number", None),
        (WITHOUT_DISTRICT, 2024, 2, 15, 12, 7, 58.3333333333, "small_number", None),
    ]


def test_provinces_are_ranked_by_satisfaction_where_they_measure_alike(nation: Home) -> None:
    # By hand: (73.75 + 68.75 + 75) / 3; without the district (73.75 + 68.75) / 2; the shares of top2_weighted
    # 70.83, 62.5 and 86.67 have the mean 73.33, and are another measure.
    ranked = national(
        nation,
        "SELECT province_code, index_form, n_units, n_valid, round(estimate_pct, 10), national_rank_status, "
        "national_rank, n_compared FROM national.satisfaction_by_province_year ORDER BY ALL",
    )
    assert ranked == [
        (WHOLE, "mean_minmax", 3, 11, 72.5, "ranked", 1, 2),
        (WITHOUT_DISTRICT, "mean_minmax", 2, 8, 71.25, "ranked", 2, 2),
        (OTHER_MEASURES, "top2_weighted", 3, 11, 73.3333333333, "other_index_form", None, None),
    ]


def test_agencies_have_their_own_rank_and_the_one_across_provinces(nation: Home) -> None:
    # By hand: 73.75 and 68.75 stand in two provinces each; the district is of low reliability where it is surveyed.
    ranked = national(
        nation,
        "SELECT province_code, agency_id, round(estimate_pct, 10), score_rank, national_rank_status, national_rank, "
        f"n_compared FROM national.satisfaction_by_province_agency_year WHERE province_code <> '{OTHER_MEASURES}' "
        "AND n_valid > 0 ORDER BY ALL",
    )
    assert ranked == [
        (WHOLE, "T99.01", 73.75, 1, "ranked", 1, 4),
        (WHOLE, "T99.02", 68.75, 2, "ranked", 3, 4),
        (WHOLE, "T99.03", 75.0, None, "unranked_in_province", None, None),
        (WITHOUT_DISTRICT, "T99.01", 73.75, 1, "ranked", 1, 4),
        (WITHOUT_DISTRICT, "T99.02", 68.75, 2, "ranked", 3, 4),
    ]


def test_cchc_is_compared_by_criteria_and_not_by_the_name_of_the_set(nation: Home) -> None:
    # By hand from expected_ranking.csv: 78.726 and 70.2506 in both, mean 74.488; without dossiers no index.
    ranked = national(
        nation,
        "SELECT province_code, agency_id, set_id, comparable_set_id, round(official_pct, 3), group_rank, "
        "national_rank_status, national_rank, n_compared FROM national.cchc_by_province_agency_year "
        "WHERE unit_kind = 'so' ORDER BY ALL",
    )
    assert ranked == [
        (WHOLE, "T99.01", "TN_2021", "01/TN_2021", 78.726, 1, "ranked", 1, 4),
        (WHOLE, "T99.02", "TN_2021", "01/TN_2021", 70.251, 2, "ranked", 3, 4),
        (WITHOUT_DISTRICT, "T99.01", "CB_2021", "01/TN_2021", 78.726, 1, "ranked", 1, 4),
        (WITHOUT_DISTRICT, "T99.02", "CB_2021", "01/TN_2021", 70.251, 2, "ranked", 3, 4),
        (OTHER_MEASURES, "T99.01", "TN_2021", "08/TN_2021", None, None, "no_data", None, None),
        (OTHER_MEASURES, "T99.02", "TN_2021", "08/TN_2021", None, None, "no_data", None, None),
    ]
    means = national(
        nation,
        "SELECT province_code, n_agencies, n_scored, round(mean_official_pct, 3), national_rank "
        "FROM national.cchc_by_province_year WHERE cchc_group = 'so' ORDER BY ALL",
    )
    assert means == [(WHOLE, 2, 2, 74.488, 1), (WITHOUT_DISTRICT, 2, 2, 74.488, 1), (OTHER_MEASURES, 2, 0, None, None)]


def test_every_national_table_is_the_union_of_what_the_provinces_publish(nation: Home) -> None:
    included = (WHOLE, WITHOUT_DISTRICT, OTHER_MEASURES)
    assert list(union_differences(nation, included)) == []
    assert list(sum_differences(nation, included)) == []
    assert list(rank_differences(nation)) == []


def test_the_publication_of_a_nation_is_one_like_every_other(nation: Home) -> None:
    folder = nation.current
    assert find_damage(folder) == []
    package = json.loads((folder / "open" / "datapackage.json").read_text(encoding="utf-8"))
    named = [resource["name"] for resource in package["resources"]]
    assert {name.split(".")[0] for name in named} == {"national"} | {"core"}
    for resource in package["resources"]:
        if resource["name"].startswith("national."):
            assert resource["schema"]["primaryKey"][0] == "province_code", resource["name"]


def test_the_same_publications_are_published_once(nation: Home, cchc: Cchc) -> None:
    before = nation.current.readlink()
    outcome = build(cchc, nation)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert "nothing new: the same inputs are published" in outcome.text
    assert nation.current.readlink() == before


def test_a_build_that_is_killed_leaves_what_readers_had(nation: Home, cchc: Cchc, tmp_path: Path) -> None:
    copy = copy_nation(nation, tmp_path / "nation")
    expected, before = published_rows(copy.current), copy.current.readlink()
    (copy.provinces / SILENT / "registry" / "policy_parameters.csv").write_text(
        "parameter,value,valid_from,valid_to,basis\nprovince_name,Tỉnh Mới,2000-01-01,,x\n", encoding="utf-8"
    )
    killed = build(cchc, copy, kill_at=("warehouse.publication.publish.seal", 1))
    assert killed.exit_code == -9
    assert copy.current.readlink() == before
    assert build(cchc, copy).exit_code == 0
    again = published_rows(copy.current)
    assert again.pop("national.province") != expected.pop("national.province")
    assert again == expected
    assert inclusion(copy)[SILENT] == "never_published"
