"""A template that an agency filled in comes back through the load step and into the marts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from ingest.templates.assessment import read_asked
from ingest.templates.workbook import file_name, write_workbook
from tests.support.dbt_home import read_rows
from tests.support.filled_templates import fill
from tests.support.workbook_provinces import agency, build_ranking, criteria_set, criterion, write_registry

TABLES = {
    "agencies": [{**agency("SO1", "Sở Thử 1", "so"), "has_website": "0"}, agency("SO2", "Sở Thử 2", "so")],
    "criteria_sets": [criteria_set("SO25", "so", "2025", "20", max_bonus="1.5")],
    "criteria": [
        criterion("SO25", "1", "6", scored_by=""),
        criterion("SO25", "1.1", "4", parent_code="1"),
        criterion("SO25", "1.2", "2", parent_code="1"),
        criterion("SO25", "C01", "6", area="B", requires="website"),
        criterion("SO25", "C02", "4", area="B"),
        criterion("SO25", "C03", "4", area="B", scored_by="survey", measure="typed"),
        criterion("SO25", "T1", "2", area="T", kind="bonus"),
    ],
}


def test_a_filled_template_is_accepted_and_counted(tmp_path: Path) -> None:
    registry = write_registry(tmp_path / "registry", TABLES)
    inbox = tmp_path / "home" / "inbox" / "assessments"
    given = {"SO1": {"1.1": 3.5, "T1": 1}, "SO2": {"1.1": 4, "1.2": 1.25, "C01": 6, "C02": 3}}
    no_case = {("1.2", "E"): "Không", ("1.2", "F"): "Không phát sinh", ("1.2", "G"): "3/BC-SO1"}
    words = {"SO1": {**no_case, ("1.1", "H"): "Thiếu"}, "SO2": {("C02", "H"): "Đủ"}}
    for asked in read_asked(registry, 2025):
        empty = tmp_path / "empty" / file_name(asked)
        write_workbook(empty, asked)
        fill(empty, inbox / empty.name, given[asked.agency_id], words[asked.agency_id])
    night, home = build_ranking(tmp_path / "home", registry)
    assert [(load.verdict_status, load.reason, load.rows_accepted) for load in night.loads] == [
        ("accepted", None, 6)
    ] * 2
    columns = (
        "agency_id, criterion_code, self_points, is_applicable, exclusion_reason, exclusion_document, evidence_status"
    )
    rows = read_rows(home, f"select {columns} from cchc.criterion_scores order by agency_id, criterion_code")
    assert [tuple(row.values()) for row in rows if row["agency_id"] == "SO1"] == [
        ("SO1", "1.1", Decimal("3.5"), True, None, None, "incomplete"),
        ("SO1", "1.2", None, False, "no_case_arose", "3/BC-SO1", None),
        ("SO1", "C01", None, False, "no_website", "Sổ đăng ký của tỉnh", None),
        ("SO1", "C02", None, True, None, None, None),
        ("SO1", "C03", None, True, None, None, None),
        ("SO1", "T1", Decimal(1), True, None, None, None),
    ]
    found = {row["agency_id"]: row for row in read_rows(home, "select agency_id, self_pct, flags from cchc.ranking")}
    # SO2: 4 + 1.25 + 6 + 3 of 16.
    assert found["SO2"]["self_pct"] == 89.0625
    assert "appraisal_missing" in found["SO2"]["flags"]
