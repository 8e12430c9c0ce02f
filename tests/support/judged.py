"""Writes conformed deliveries and registries as small Parquet files, and reads the findings of rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from expectations.delivered import Delivered
from expectations.validate import Judgement
from ingest.registry.levels import level_table
from tests.support.registries import sql_type

Row = dict[str, Any]
Schema = Sequence[tuple[str, str]]
_DATABASE = duckdb.connect()
_MARKED = (("marks", "VARCHAR"), ("line", "BIGINT"))
FORMS: Schema = (
    *((name, "VARCHAR") for name in ("form_id", "agency_id", "questionnaire_id", "questionnaire_version")),
    ("interviewed_date", "DATE"),
    *((name, "VARCHAR") for name in ("channel", "stratum", "psu", "sampling_basis")),
    ("form_weight", "DECIMAL(18, 6)"),
    *((name, "VARCHAR") for name in ("investigator_level", "investigator_key")),
    *_MARKED,
)
ITEMS: Schema = (
    ("line", "BIGINT"),
    ("item_code", "VARCHAR"),
    ("answer", "BIGINT"),
    ("missing_reason", "VARCHAR"),
    ("cell", "VARCHAR"),
)
CRITERION_ROWS: Schema = (
    ("year", "BIGINT"),
    *((name, "VARCHAR") for name in ("agency_id", "workbook", "criterion_code")),
    *((name, "DECIMAL(18, 6)") for name in ("max_points", "self_points", "appraised_points")),
    *((name, "DECIMAL(18, 6)") for name in ("appraised_points_1", "appraised_points_2")),
    ("is_applicable", "BOOLEAN"),
    *((name, "VARCHAR") for name in ("exclusion_reason", "exclusion_document", "evidence_status")),
    *_MARKED,
)


def write_table(path: Path, schema: Schema, rows: Sequence[Row]) -> Path:
    """Writes rows as Parquet; a column that a row does not name is NULL."""
    names = [name for name, _ in schema]
    marks = ", ".join(f"({', '.join('?' for _ in names)})" for _ in rows)
    with _DATABASE.cursor() as connection:
        connection.execute(f"create or replace temp table t ({', '.join(f'{name} {kind}' for name, kind in schema)})")
        if rows:
            connection.execute(f"insert into t values {marks}", [row.get(name) for row in rows for name in names])
        connection.execute(f"copy t to '{path}' (format parquet)")
    return path


def write_registry_table(folder: Path, name: str, rows: Sequence[Row]) -> None:
    """A registry table as ingest leaves it, with the columns of the first row."""
    write_table(folder / f"{name}.parquet", [(column, sql_type(name, column)) for column in rows[0]], rows)


def deliver(
    folder: Path,
    schema: Schema,
    rows: Sequence[Row],
    aside: Sequence[Row] = (),
    items: Sequence[Row] | None = None,
    data_until: date = date(2015, 12, 31),
) -> Delivered:
    """Writes a conformed delivery: rows are on lines 1, 2, … unless they name a line; `aside` rows name `outcome`."""
    folder.mkdir(parents=True, exist_ok=True)
    numbered = [{"line": line, **row} for line, row in enumerate(rows, start=1)]
    return Delivered(
        write_table(folder / "candidates.parquet", schema, [*numbered, *aside]),
        write_table(folder / "set_aside.parquet", (("line", "BIGINT"), ("outcome", "VARCHAR")), aside),
        write_table(folder / "items.parquet", ITEMS, items) if items is not None else None,
        data_until,
        folder,
    )


def findings(judgement: Judgement) -> dict[int, set[str]]:
    """Returns the codes of the rules that each line breaks."""
    with _DATABASE.cursor() as connection:
        rows = connection.execute(
            f"select line, concat_ws(';', critical_codes, warning_codes) from '{judgement.findings}'"
        ).fetchall()
    return {line: set(codes.split(";")) for line, codes in rows}


def details(judgement: Judgement) -> dict[int, str]:
    """Returns the details of the broken rules by line."""
    with _DATABASE.cursor() as connection:
        return dict(
            connection.execute(f"select line, detail from '{judgement.findings}' where detail is not null").fetchall()
        )


def write_survey_registry(folder: Path) -> Path:
    """Writes two kinds of agencies and one questionnaire for agencies with six index items and one other question."""
    always = {"valid_from": "2011-01-01", "valid_to": None}
    write_registry_table(
        folder,
        "agencies",
        [
            {"agency_id": "SNV", "unit_kind": "so", "cchc_group": "so", "is_survey_eligible": "1", **always},
            {"agency_id": "TTT", "unit_kind": "so", "cchc_group": "so", "is_survey_eligible": "0", **always},
            {"agency_id": "X22366", "unit_kind": "commune", "cchc_group": None, "is_survey_eligible": "1", **always},
        ],
    )
    key = {"questionnaire_id": "QADM", "questionnaire_version": "v1"}
    write_registry_table(
        folder, "questionnaires", [{**key, "population": "agencies", "valid_from": "2014-08-12", "valid_to": None}]
    )
    codes = {f"A{n}": "1" for n in range(1, 7)} | {"A0": "0"}
    write_registry_table(
        folder,
        "questionnaire_items",
        [{**key, "item_code": code, "is_in_index": is_in_index} for code, is_in_index in codes.items()],
    )
    write_registry_table(folder, "policy_parameters", [{"parameter": "min_answered_pct", "value": "66.66", **always}])
    lists = {
        "survey_channel": ["face_to_face", "phone", "kiosk"],
        "sampling_basis": ["probability", "census", "volunteer"],
    }
    write_registry_table(
        folder, "labels", [{"list_name": name, "value": value} for name, values in lists.items() for value in values]
    )
    return folder


GOOD_FORM: Row = {
    "agency_id": "SNV",
    "questionnaire_id": "QADM",
    "questionnaire_version": "v1",
    "interviewed_date": date(2015, 9, 15),
    "channel": "face_to_face",
    "sampling_basis": "probability",
    "form_weight": 1,
}


def answer_form(line: int, answers: str) -> list[Row]:
    """Returns items A1, A2, … of a form: a digit is an answer, `b` a blank, `?` an unknown label."""
    return [
        {
            "line": line,
            "item_code": f"A{place}",
            "answer": int(letter) if letter.isdigit() else None,
            "missing_reason": {"b": "blank", "?": "unmapped"}.get(letter),
            "cell": letter if letter == "?" else None,
        }
        for place, letter in enumerate(answers, start=1)
    ]


def write_assessment_registry(folder: Path) -> Path:
    """Writes sets for 2011–2015: five criteria for so, three levels for xa. STP has no website, STC is not surveyed."""
    always = {"valid_from": "2011-01-01", "valid_to": None}
    write_registry_table(
        folder,
        "agencies",
        [
            {"agency_id": "STP", "cchc_group": "so", "is_survey_eligible": "1", **always},
            {"agency_id": "STC", "cchc_group": "so", "is_survey_eligible": "0", **always},
            {"agency_id": "NT", "cchc_group": "huyen", "is_survey_eligible": "1", **always},
            {"agency_id": "XA1", "cchc_group": "xa", "is_survey_eligible": "1", **always},
            {"agency_id": "X22366", "cchc_group": None, "is_survey_eligible": "1", **always},
        ],
    )
    years = {"first_year": "2011", "last_year": "2015"}
    write_registry_table(
        folder,
        "criteria_sets",
        [{"set_id": "DEMO_2015", "cchc_groups": "so", **years}, {"set_id": "XA", "cchc_groups": "xa", **years}],
    )
    criteria: list[Row] = [
        _criterion("DEMO_2015", "1.1", "3", "appraisal", rule_type="steps"),
        _criterion("DEMO_2015", "1.10", "2", "appraisal"),
        _criterion("DEMO_2015", "2.1", "4", "survey", requires="survey", measure="satisfaction_index"),
        _criterion("DEMO_2015", "2.2", "1", "appraisal", rule_type="yes_no", requires="website"),
        _criterion("DEMO_2015", "2.3", "2", "appraisal", rule_type="deduct", requires="one_stop"),
        _criterion("XA", "1.1", "8", None),
        _criterion("XA", "1.1.1", "5", "appraisal", parent_code="1.1"),
        _criterion("XA", "1.1.2", "3", "appraisal", parent_code="1.1", min_points="-2"),
        _criterion("XA", "1.2", "2", "survey", measure="typed"),
        _criterion("XA", "T", "2", "appraisal", kind="bonus", area_code="B"),
        _criterion("XA", "P", "3", "appraisal", kind="penalty", area_code="B"),
    ]
    write_registry_table(folder, "criteria", criteria)
    pq.write_table(level_table(criteria), folder / "criteria_levels.parquet")
    write_registry_table(
        folder,
        "exclusions",
        [{"agency_id": "STP", "requires": "website", "exclusion_reason": "no_website", **always}],
    )
    write_registry_table(folder, "policy_parameters", [{"parameter": "alpha", "value": "0.05", **always}])
    return folder


def _criterion(set_id: str, code: str, most: str, scored_by: str | None, **other: str) -> Row:
    """A criterion, or a heading where nothing scores it."""
    leaf = {"kind": "output", "requires": "none", "rule_type": "ratio"} if scored_by else {}
    given = {"set_id": set_id, "area_code": "A", "criterion_code": code, "max_points": most, "scored_by": scored_by}
    return (
        dict.fromkeys(("kind", "requires", "rule_type", "measure", "parent_code", "min_points")) | leaf | given | other
    )


def good_workbook(workbook: str = "appraisal") -> tuple[list[Row], list[Row]]:
    """Returns criteria rows and printed sums of a workbook that keeps every rule: 1.1, 1.10 | 2.1, 2.2, 2.3."""
    shared = {"year": 2015, "agency_id": "STP", "workbook": workbook}
    points = "appraised_points" if workbook == "appraisal" else "self_points"
    rows = [
        {**shared, "line": 2, "criterion_code": "1.1", "max_points": 3, points: 2.5, "evidence_status": "complete"},
        {**shared, "line": 3, "criterion_code": "1.10", "max_points": 2, points: 1.3},
        {**shared, "line": 6, "criterion_code": "2.1", "max_points": 4},
        {
            **shared,
            "line": 7,
            "criterion_code": "2.2",
            "max_points": 1,
            "is_applicable": False,
            "exclusion_reason": "no_website",
            "exclusion_document": "QĐ 12/QĐ-UBND ngày 05/01/2015",
        },
        {**shared, "line": 8, "criterion_code": "2.3", "max_points": 2, points: 2, "is_applicable": True},
    ]
    aside = [
        {"line": 1, "criterion_code": "I", "outcome": "excluded:group"},
        {"line": 4, "criterion_code": "Cộng I", "max_points": 5, points: 3.8, "outcome": "excluded:total"},
        {"line": 5, "criterion_code": "II", "outcome": "excluded:group"},
        {"line": 9, "criterion_code": "Cộng II", "max_points": 6, points: 2, "outcome": "excluded:total"},
        {"line": 10, "criterion_code": "Tổng cộng", "max_points": 12, points: 5.8, "outcome": "excluded:total"},
    ]
    return rows, aside
