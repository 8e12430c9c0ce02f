"""The empty workbook of an agency: what the registry knows is in it, and the rest is open."""

from __future__ import annotations

import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.templates.assessment import NothingToWriteError, read_asked
from ingest.templates.workbook import write_workbook, write_zip
from tests.support.filled_templates import cells_of, validations_of
from tests.support.workbook_provinces import agency, criteria_set, criterion, write_registry
from warehouse.config import CODE_ROOT

DEMO = CODE_ROOT / "dbt_project" / "seeds"


@pytest.mark.parametrize(("agency_id", "coverage"), [("STP", 100), ("BDT", 52), ("VPUBND", 75), ("CA", 93)])
def test_what_applies_is_what_domain_says_of_the_set_of_2016(agency_id, coverage):
    # domain §6.3: coverage of the agencies in 2016.
    (asked,) = read_asked(DEMO, 2016, agency_id)
    assert (len(asked.leaves), sum(row.max_points for row in asked.leaves)) == (43, 100)
    assert sum(row.max_points for row in asked.leaves if row.exclusion_reason is None) == coverage
    assert sum(row.max_points for row in asked.leaves if row.is_self_scored) == 62
    assert all(row.exclusion_document for row in asked.leaves if row.exclusion_reason)


def test_an_agency_that_is_not_ranked_has_no_workbook():
    with pytest.raises(NothingToWriteError, match="XYZ in 2016"):
        read_asked(DEMO, 2016, "XYZ")
    with pytest.raises(NothingToWriteError, match="any agency in 1999"):
        read_asked(DEMO, 1999)


@pytest.fixture(scope="module")
def three_levels(tmp_path_factory) -> Path:
    tables = {
        "agencies": [{**agency("SO1", "Sở Thử 1", "so"), "has_website": "0"}],
        "criteria_sets": [criteria_set("SO25", "so", "2025", "16", max_bonus="1.5")],
        "criteria": [
            criterion("SO25", "1", "6", scored_by=""),
            criterion("SO25", "1.1", "4", parent_code="1"),
            criterion("SO25", "1.2", "2", parent_code="1"),
            criterion("SO25", "C01", "6", area="B", requires="website"),
            criterion("SO25", "C02", "4", area="B", scored_by="dossier", measure="on_time_pct"),
            criterion("SO25", "T1", "2", area="T", kind="bonus"),
        ],
    }
    return write_registry(tmp_path_factory.mktemp("levels") / "registry", tables)


def test_sums_are_formulas_over_what_stands_below(three_levels, tmp_path):
    (asked,) = read_asked(three_levels, 2025, "so1")
    write_workbook(tmp_path / "book.xlsx", asked)
    cells = cells_of(tmp_path / "book.xlsx")
    assert cells["A1"] == "BẢNG TỰ CHẤM ĐIỂM CẢI CÁCH HÀNH CHÍNH NĂM 2025"
    assert cells["A2"] == "Đơn vị: Sở Thử 1"
    codes = [cells[f"A{row}"] for row in range(5, 14)]
    assert codes == ["I", "1", "1.1", "1.2", "II", "C01", "C02", "T1", "Tổng cộng"]
    # A heading sums its leaves, the total all leaves but the bonus.
    assert cells["C5"] == cells["C6"] == "=SUM(C7:C8)"
    assert (cells["D9"], cells["D13"]) == ("=SUM(D10:D11)", "=SUM(D7:D8,D10:D11)")
    assert [cells[f"C{row}"] for row in (7, 10, 11, 12)] == ["4", "6", "4", "2"]
    assert asked.rows[0].max_points == Decimal(6)
    # It has no website: excluded by the registry, without a row of exclusions.
    assert (cells["E10"], cells["F10"]) == ("Không", "Không có trang thông tin điện tử")
    assert "E11" not in cells
    limits = validations_of(tmp_path / "book.xlsx")
    assert limits.count('type="decimal"') == 3
    assert 'sqref="D7"><formula1>0.0</formula1><formula2>4.0</formula2>' in limits
    assert "Đủ,Thiếu,Không có" in limits
    assert "D10" not in limits
    assert "D11" not in limits


def test_all_agencies_of_a_year_are_in_one_archive(tmp_path):
    names = write_zip(tmp_path / "all.zip", read_asked(DEMO, 2016))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == names
    assert len(names) == 42
    assert "tu_cham_STP_2016.xlsx" in names
