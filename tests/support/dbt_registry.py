"""A small registry for tests of the dbt models: every table with its cells as a CSV has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.registry.completion import code_labels
from ingest.registry.declaration import declaration

Row = Mapping[str, str | None]
Table = Sequence[Row]

# Labels of the province; those of the code's own lists are the code's.
LABELS = {
    "cchc_group": "so huyen",
    "block_code": "so huyen",
    "field_code": "tu_phap",
    "rating": "tot kha yeu",
    "factor_code": "F0 F1 F2",
}


def registry_tables() -> dict[str, Table]:
    """Returns every table of the registry with at least one row, and every declared column.

    Agencies STP (so) and NT (huyen) with five procedures, the calendar of methods §4.1 (spring 2025), a cut-off at
    15:00. Questionnaire QT v1 for agencies (F1: A1, A2; F2: B1; not in the index: C1), 40 forms planned for both in
    2025. Criteria set S1, 20 points: 1.1 (5, appraisal), 1.2 (5, appraisal, one_stop, which NT lacks), 2.1 (4,
    survey), 2.2 (6, dossiers, all points from 98 %, none below 90 %). Grades from 80, 50 and 0. Deliveries are
    expected for 2024. A row of survey_strata stands in the year 1999, where it weighs nothing.
    """
    tables: dict[str, list[dict[str, str | None]]] = {
        "agencies": [_agency("STP", "Sở Tư pháp", "so"), _agency("NT", "UBND thành phố Nha Trang", "huyen")],
        "agency_aliases": [{"alias": "Sở Tư pháp", "agency_id": "STP", "valid_from": "2011-01-01"}],
        "agency_links": [
            {"predecessor_id": "STP", "successor_id": "NT", "link_kind": "merge", "effective_date": "2099-01-01"}
        ],
        "districts": [
            {"district_code": "568", "district_name": "Nha Trang", "sort_order": "1", "valid_from": "2011-01-01"}
        ],
        "blocks": [
            {"block_code": "so", "block_name": "Các sở", "sort_order": "1", "valid_from": "2011-01-01"},
            {"block_code": "huyen", "block_name": "UBND cấp huyện", "sort_order": "2", "valid_from": "2011-01-01"},
        ],
        "periods": [_period("NAM_2024", "year", "2024-01-01"), _period("NAM_2025", "year", "2025-01-01")],
        "procedures": [
            _procedure("P3", "3", "working_day"),
            _procedure("P5", "5", "working_day"),
            _procedure("K7", "7", "calendar_day"),
            _procedure("H4", "4", "hour"),
            {**_procedure("OLD", "5", "working_day"), "valid_to": "2025-01-01"},
        ],
        "calendar_overrides": [
            _override("2025-04-26", "1", None),
            _override("2025-04-30", "0", "Ngày Giải phóng miền Nam"),
            _override("2025-05-01", "0", "Ngày Quốc tế Lao động"),
            _override("2025-05-02", "0", "Nghỉ bù"),
        ],
        "policy_parameters": [_parameter(name, value) for name, value in _PARAMETERS.items()],
        **_criteria_tables(),
        **_survey_tables(),
        "expected_deliveries": [
            _expected("assessments", "STP", "2025-01-15"),
            _expected("survey_responses", "STP", "2024-12-15"),
        ],
        "decisions": [
            {
                "decision_number": "1/QĐ-UBND",
                "decision_date": "2025-01-31",
                "decision_kind": "ranking",
                "subject_year": "2024",
                "cchc_groups": "so;huyen",
                "title": "Công bố kết quả",
            }
        ],
        "awards": [
            {
                "award_year": "2024",
                "award_kind": "collective",
                "agency_id": "STP",
                "n_recipients": "1",
                "decision_number": "1/QĐ-UBND",
            }
        ],
        "labels": [
            *({**label} for label in code_labels()),
            *(
                {"list_name": name, "value": value, "label_vi": value, "label_en": value, "sort_order": str(order)}
                for name, values in LABELS.items()
                for order, value in enumerate(values.split(), start=1)
            ),
        ],
    }
    return {name: [_complete(name, row) for row in rows] for name, rows in tables.items()}


_PARAMETERS = {
    "receipt_cutoff": "15:00",
    "office_hours": "07:30-11:30;13:30-17:00",
    "withdrawn_before_due": "leaves_cohort",
    "reregister_days": "3",
    "rank_overall": "1",
    "n_min_publish": "10",
    "n_min_rank": "30",
    "min_answered_pct": "66.66",
    "mean_basis": "agency_mean",
    "alpha": "0.05",
    "n_eff_min": "30",
    "kg_width_max": "0.30",
    "kg_rel_max": "1.30",
    "df_min": "8",
    "moderated_d0": "4",
    "n_min_shrink": "3",
    "top_k": "3",
    "holm_max_units": "200",
    "attribute_n": "30",
    "allpositive_note": "0.60",
    "icc_note": "0.10",
    "coverage_ranked": "80",
    "coverage_scored": "60",
    "rating_scheme": "S",
    "feedback_days": "7",
}


def _criteria_tables() -> dict[str, list[dict[str, str | None]]]:
    return {
        "criteria_sets": [
            {"set_id": "S1", "set_name": "Bộ tiêu chí thử", "cchc_groups": "so;huyen", "first_year": "2011"}
        ],
        "criteria": [
            _criterion("1.1", "5", "appraisal"),
            _criterion("1.2", "5", "appraisal", requires="one_stop"),
            _criterion("2.1", "4", "survey", requires="survey", measure="satisfaction_index"),
            _criterion("2.2", "6", "dossier", measure="on_time_pct", full_from="98", zero_below="90"),
        ],
        "criteria_links": [
            {
                "from_set_id": "S1",
                "from_criterion_code": "1.1",
                "to_set_id": "S1",
                "to_criterion_code": "1.1",
                "relation": "same",
            }
        ],
        "exclusions": [
            {
                "agency_id": "NT",
                "requires": "one_stop",
                "exclusion_reason": "no_one_stop",
                "exclusion_class": "no_mandate",
                "exclusion_document": "1/TB",
                "document_date": "2013-12-20",
                "valid_from": "2011-01-01",
            }
        ],
        "rating_bands": [
            {"rating_scheme": "S", "rating": rating, "floor_inclusive": floor, "valid_from": "2011-01-01"}
            for rating, floor in (("tot", "80"), ("kha", "50"), ("yeu", "0"))
        ],
    }


def _survey_tables() -> dict[str, list[dict[str, str | None]]]:
    version = {"questionnaire_id": "QT", "questionnaire_version": "v1"}
    return {
        "questionnaires": [
            {
                **version,
                "title": "Phiếu thử",
                "population": "agencies",
                "index_form": "top2_weighted",
                "valid_from": "2011-01-01",
            }
        ],
        "questionnaire_items": [
            {
                **version,
                "item_code": item,
                "factor_code": factor,
                "item_text": f"Câu hỏi {item}",
                "content_kind": "satisfaction",
                "scale": "sat5",
                "is_in_index": "0" if factor == "F0" else "1",
            }
            for item, factor in (("A1", "F1"), ("A2", "F1"), ("B1", "F2"), ("C1", "F0"))
        ],
        "scale_labels": [
            {"scale": "sat5", "label": label, **reading}
            for label, reading in (
                *((str(answer), {"answer": str(answer)}) for answer in range(1, 6)),
                ("9", {"missing_reason": "dont_know"}),
            )
        ],
        "survey_frames": [
            {"year": "2025", "agency_id": agency, **version, "n_planned": "40", "n_issued": "45"}
            for agency in ("STP", "NT")
        ],
        "survey_strata": [{"year": "1999", "agency_id": "STP", "stratum": "tu_phap", "frame_count": "100"}],
    }


def _agency(agency_id: str, name: str, kind: str) -> dict[str, str | None]:
    return {
        "agency_id": agency_id,
        "valid_from": "2011-01-01",
        "valid_to": None,
        "agency_name": name,
        "short_name": agency_id,
        "unit_kind": kind,
        "block_code": kind,
        "cchc_group": kind,
        "parent_agency_id": None,
        "district_code": None,
        "is_survey_eligible": "1",
    }


def _criterion(code: str, points: str, scored_by: str, **other: str) -> dict[str, str | None]:
    return {
        "set_id": "S1",
        "area_code": f"L{code[0]}",
        "area_name": f"Lĩnh vực {code[0]}",
        "criterion_code": code,
        "criterion_name": f"Tiêu chí {code}",
        "max_points": points,
        "kind": "output",
        "scored_by": scored_by,
        "requires": "none",
        "rule_type": "survey" if scored_by == "survey" else "ratio",
        **other,
    }


def _expected(source: str, agency_id: str, by: str) -> dict[str, str | None]:
    return {"source": source, "agency_id": agency_id, "period_id": "NAM_2024", "expected_by_date": by}


def _procedure(code: str, length: str, unit: str) -> dict[str, str | None]:
    return {
        "procedure_code": code,
        "valid_from": "2011-01-01",
        "valid_to": None,
        "procedure_name": f"Thủ tục {code}",
        "field_code": "tu_phap",
        "deadline_length": length,
        "deadline_unit": unit,
        "online_level": "3",
        "owner_agency_id": None,
    }


def _period(period_id: str, kind: str, start: str) -> dict[str, str | None]:
    end = f"{start[:4]}-12-31"
    return {
        "period_id": period_id,
        "period_name": period_id,
        "period_kind": kind,
        "start_date": start,
        "end_date": end,
    }


def _override(day: str, is_working_day: str, holiday_name: str | None) -> dict[str, str | None]:
    return {"calendar_date": day, "is_working_day": is_working_day, "holiday_name": holiday_name}


def _parameter(parameter: str, value: str) -> dict[str, str | None]:
    return {"parameter": parameter, "value": value, "valid_from": "2011-01-01", "valid_to": None}


def _complete(table: str, row: Row) -> Row:
    """Returns all declared columns; text that the registry requires and no model reads is filled in."""
    columns = declaration().tables[table].columns.values()
    return {c.name: row.get(c.name, "test" if c.required and c.type == "text" else None) for c in columns}
