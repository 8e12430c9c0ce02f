"""A small registry for tests of the dbt models: every table as text, as ingest hands it over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Table = Sequence[Mapping[str, str | None]]

LABELS = {
    "deadline_status": "invalid_dates not_recomputable withdrawn early on_time late open_within open_overdue",
    "system_status": "withdrawn early on_time late open_within open_overdue",
    "end_reason": "finished refused withdrawn stopped",
    "channel": "direct online post",
    "unit_kind": "so huyen",
    "cchc_group": "so huyen",
    "block_code": "so huyen",
    "field_code": "tu_phap",
    "deadline_unit": "working_day calendar_day",
    "estimate_status": "no_data ok",
    "verdict_status": "accepted held known empty unreadable",
    "severity": "critical warning",
    "dossier_flag": (
        "after_as_of code_date_mismatch due_before_receipt ended_without_date multiple_reschedules "
        "multiple_supplements open_with_finish_date pause_invalid pause_outside_life pauses_unknown "
        "receipt_outside_calendar resume_without_pause returned_before_finished"
    ),
}


def registry_tables() -> dict[str, Table]:
    """Two agencies, four procedures, the calendar of METHODS 4.1 (spring 2025), a cut-off at 15:00."""
    return {
        "agencies": [_agency("STP", "Sở Tư pháp", "so"), _agency("NT", "UBND thành phố Nha Trang", "huyen")],
        "procedures": [
            _procedure("P3", "3", "working_day"),
            _procedure("P5", "5", "working_day"),
            _procedure("K7", "7", "calendar_day"),
            {**_procedure("OLD", "5", "working_day"), "valid_to": "2025-01-01"},
        ],
        "calendar_overrides": [
            _override("2025-04-26", "1", None),
            _override("2025-04-30", "0", "Ngày Giải phóng miền Nam"),
            _override("2025-05-01", "0", "Ngày Quốc tế Lao động"),
            _override("2025-05-02", "0", "Nghỉ bù"),
        ],
        "policy_parameters": [
            _parameter("receipt_cutoff", "15:00"),
            _parameter("withdrawn_before_due", "leaves_cohort"),
        ],
        "labels": [
            {"list_name": name, "value": value, "label_vi": value, "label_en": value, "sort_order": str(order)}
            for name, values in LABELS.items()
            for order, value in enumerate(values.split(), start=1)
        ],
    }


def _agency(agency_id: str, name: str, kind: str) -> Mapping[str, str | None]:
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


def _procedure(code: str, length: str, unit: str) -> Mapping[str, str | None]:
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


def _override(day: str, is_working_day: str, holiday_name: str | None) -> Mapping[str, str | None]:
    return {"calendar_date": day, "is_working_day": is_working_day, "holiday_name": holiday_name}


def _parameter(parameter: str, value: str) -> Mapping[str, str | None]:
    return {"parameter": parameter, "value": value, "valid_from": "2011-01-01", "valid_to": None}
