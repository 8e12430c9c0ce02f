"""The registry of one synthetic province of a nation, made from a new one; its rules differ from its neighbours'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from ingest.registry.declaration import declaration
from ingest.registry.new import csv_text, new_registry

YEAR = 2025
_FROM = date(2024, 1, 1)
_BASIS = "mô phỏng"
_SINCE = {"valid_from": _FROM.isoformat(), "basis": _BASIS}
# Short name, name, kind of unit; the first three are in every province.
_UNITS = (
    ("SXD", "Sở Xây dựng", "so"),
    ("STP", "Sở Tư pháp", "so"),
    ("SNV", "Sở Nội vụ", "so"),
    ("BHXH", "Bảo hiểm xã hội", "nganh_doc"),
    ("SYT", "Sở Y tế", "so"),
    ("TTPVHCC", "Trung tâm Phục vụ hành chính công", "dvsn"),
)
_FEWEST_UNITS = 3
# Code, name, field, usual limit, unit of the limit, place of the owner in _UNITS.
_PROCEDURES = (
    ("1.000110", "Cấp giấy phép xây dựng", "xay_dung", 20, "working_day", 0),
    ("1.000115", "Thẩm định thiết kế cơ sở", "xay_dung", 15, "working_day", 0),
    ("2.000220", "Cấp Phiếu lý lịch tư pháp", "tu_phap", 10, "working_day", 1),
    ("2.000225", "Đăng ký hành nghề luật sư", "tu_phap", 15, "calendar_day", 1),
    ("1.000330", "Thẩm định thành lập hội", "noi_vu", 30, "working_day", 2),
    ("1.000440", "Cấp sổ bảo hiểm xã hội", "bao_hiem", 5, "working_day", 3),
    ("1.000550", "Cấp phép hoạt động phòng khám", "y_te", 45, "calendar_day", 4),
    ("1.000660", "Cấp bản sao từ sổ gốc", "tu_phap", 2, "working_day", 5),
)
_FIELDS = {
    "xay_dung": ("Xây dựng", "Construction"),
    "tu_phap": ("Tư pháp", "Justice"),
    "noi_vu": ("Nội vụ", "Home affairs"),
    "bao_hiem": ("Bảo hiểm", "Insurance"),
    "y_te": ("Y tế", "Health"),
}
_ITEMS = (
    ("D1", "N1", "Nơi ngồi chờ đủ chỗ"),
    ("D2", "N1", "Hướng dẫn dễ hiểu"),
    ("D3", "N2", "Kết quả đúng yêu cầu"),
    ("D4", "N2", "Kết quả đúng hẹn"),
)
_ANSWERS = {1: "Rất không hài lòng", 2: "Không hài lòng", 3: "Bình thường", 4: "Hài lòng", 5: "Rất hài lòng"}
_NO_ANSWERS = {"9": "dont_know", "Không biết": "dont_know", "0": "not_used", "Không sử dụng": "not_used"}
# Criterion, its name, who scores it, and its points in the two sets that provinces use.
_CRITERIA = (
    ("1.1", "Kế hoạch cải cách hành chính", "appraisal", "steps", "", 30, 25),
    ("1.2", "Mức độ hoàn thành kế hoạch", "appraisal", "ratio", "", 20, 25),
    ("2.1", "Chỉ số hài lòng", "survey", "survey", "satisfaction_index", 25, 20),
    ("3.1", "Tỷ lệ hồ sơ đúng hạn", "dossier", "ratio", "on_time_pct", 25, 30),
)
_REQUIRES = {"survey": "survey", "dossier": "one_stop"}
_FORMS_PER_UNIT = 40
Row = Mapping[str, object]


def write_registry_of(registry: Path, code: str, name: str, place: int) -> None:
    """Writes the registry of the province at `place` of a nation: 3 to 6 agencies, with rules of its own.

    Limits, cut-off hour, a local holiday, criteria set, index form and the least number of forms differ with `place`.
    """
    new_registry(registry, f"{name} (mô phỏng)", _FROM, code)
    units = [(f"H{code}{short}", unit, kind) for short, unit, kind in _UNITS[: _FEWEST_UNITS + place % 4]]
    tables: dict[str, Sequence[Row]] = {
        "agencies": [_agency(*unit, name) for unit in units],
        "blocks": [{"block_code": "so", "block_name": "Các sở", "sort_order": 1, **_SINCE}],
        "labels": _labels(),
        "policy_parameters": _policies(place),
        "calendar_overrides": [_local_holiday(place, name)],
        "procedures": [_procedure(units, *row, place) for row in _PROCEDURES if row[-1] < len(units)],
        "criteria_sets": [_criteria_set(code, units)],
        "criteria": [_criterion(code, place, *row) for row in _CRITERIA],
        "questionnaires": [_questionnaire(place)],
        "questionnaire_items": [_item(*row) for row in _ITEMS],
        "scale_labels": _scale(),
        "survey_frames": [_frame(key) for key, _, _ in units],
    }
    for table, rows in tables.items():
        _append(registry, table, rows)


def _append(registry: Path, name: str, rows: Sequence[Row]) -> None:
    table = declaration().tables[name]
    with (registry / table.file).open("a", encoding="utf-8") as file:
        file.write(csv_text(table, rows, header=False))


def _agency(key: str, unit: str, kind: str, province: str) -> Row:
    return {
        "agency_id": key,
        "agency_name": f"{unit} {province[0].lower()}{province[1:]}",
        "short_name": unit,
        "unit_kind": kind,
        "block_code": "so" if kind == "so" else "",
        "cchc_group": kind,
        "has_one_stop": 1,
        "is_survey_eligible": 1,
        **_SINCE,
    }


def _labels() -> list[Row]:
    groups = {"nganh_doc": ("Cơ quan ngành dọc", "Vertical agencies"), "dvsn": ("Đơn vị sự nghiệp", "Public services")}
    factors = {"N1": ("Tiếp cận, phục vụ", "Access, service"), "N2": ("Kết quả", "Result")}
    blocks = {"so": ("Các sở", "Departments")}
    lists = {"cchc_group": groups, "block_code": blocks, "field_code": _FIELDS, "factor_code": factors}
    return [
        {"list_name": list_name, "value": value, "label_vi": vi, "label_en": en, "sort_order": order}
        for list_name, labels in lists.items()
        for order, (value, (vi, en)) in enumerate(labels.items(), 3)
    ]


def _policies(place: int) -> list[Row]:
    values = {
        "receipt_cutoff": ("15:00", "15:30", "16:00")[place % 3],
        "office_hours": ("07:30-11:30;13:30-17:00", "07:00-11:30;13:30-17:00")[place % 2],
        "dossier_code_pattern": r"^[A-Z0-9]+-\d{2}(?:\d{4})?-\d{6}$",
    }
    return [{"parameter": name, "value": value, **_SINCE} for name, value in values.items()]


def _local_holiday(place: int, name: str) -> Row:
    day = date(YEAR, 3 + place % 9, 10 + place % 15)
    document = f"QĐ mô phỏng {place + 1}/{YEAR}"
    return {
        "calendar_date": day.isoformat(),
        "is_working_day": 0,
        "holiday_name": f"Ngày hội {name} (mô phỏng)",
        "source_document": document,
    }


def _procedure(
    units: Sequence[tuple[str, str, str]],
    code: str,
    name: str,
    field: str,
    length: int,
    unit: str,
    owner: int,
    place: int,
) -> Row:
    # A province may promise more than the law asks.
    shorter = length * (place % 4) // 10
    return {
        "procedure_code": code,
        "procedure_name": f"{name} (mô phỏng)",
        "field_code": field,
        "deadline_length": length - shorter,
        "deadline_unit": unit,
        "online_level": 3 + place % 2,
        "owner_agency_id": units[owner][0],
        **_SINCE,
    }


def _criteria_set(code: str, units: Sequence[tuple[str, str, str]]) -> Row:
    return {
        "set_id": f"T{code}_{YEAR}",
        "set_name": f"Bộ tiêu chí mô phỏng năm {YEAR}",
        "cchc_groups": ";".join(dict.fromkeys(kind for _, _, kind in units)),
        "first_year": YEAR,
        "max_points": 100,
        "may_exceed_100": 0,
        "may_be_negative": 0,
        "basis_document": f"QĐ mô phỏng {code}/{YEAR}",
        "basis": _BASIS,
    }


def _criterion(
    code: str, place: int, key: str, name: str, scored_by: str, rule_type: str, measure: str, first: int, second: int
) -> Row:
    is_measured = scored_by != "appraisal"
    return {
        "set_id": f"T{code}_{YEAR}",
        "area_code": f"L{key[0]}",
        "area_name": f"Lĩnh vực {key[0]}",
        "criterion_code": key,
        "criterion_name": name,
        # Every third province has issued the other set.
        "max_points": second if place % 3 == 2 else first,
        "kind": "output",
        "scored_by": scored_by,
        "requires": _REQUIRES.get(scored_by, "none"),
        "rule_type": rule_type,
        "measure": measure,
        "full_from": 95 if scored_by == "dossier" else "",
        "when_none": "full" if scored_by == "dossier" else "",
        "rule": "theo tỷ lệ" if is_measured else "theo tài liệu kiểm chứng",
    }


def _questionnaire(place: int) -> Row:
    return {
        "questionnaire_id": "QMP",
        "questionnaire_version": "1",
        "title": "Phiếu khảo sát mô phỏng",
        "population": "agencies",
        # Every fifth province measures in another form.
        "index_form": "top2_weighted" if place % 5 == 4 else "mean_minmax",
        **_SINCE,
    }


def _item(code: str, factor: str, text: str) -> Row:
    return {
        "questionnaire_id": "QMP",
        "questionnaire_version": "1",
        "item_code": code,
        "factor_code": factor,
        "item_text": text,
        "content_kind": "satisfaction",
        "scale": "muc5",
        "is_in_index": 1,
    }


def _scale() -> list[Row]:
    answers = [
        {"scale": "muc5", "label": text, "answer": answer}
        for answer, label in _ANSWERS.items()
        for text in (str(answer), label)
    ]
    return [*answers, *({"scale": "muc5", "label": text, "missing_reason": why} for text, why in _NO_ANSWERS.items())]


def _frame(key: str) -> Row:
    return {
        "year": YEAR,
        "agency_id": key,
        "questionnaire_id": "QMP",
        "questionnaire_version": "1",
        "n_planned": _FORMS_PER_UNIT,
        "n_issued": _FORMS_PER_UNIT,
        "basis": _BASIS,
    }
