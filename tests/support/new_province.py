"""A province of 14 departments and 65 communes, whose registry begins with `cchc registry new`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ingest.registry.declaration import declaration
from ingest.registry.new import csv_text
from tests.support.workbook_provinces import write_appraisal

UNITS = Path(__file__).resolve().parents[1] / "provinces" / "khanh_hoa_2025" / "units.csv"
DEPARTMENTS = {
    "SNV": "Sở Nội vụ",
    "STP": "Sở Tư pháp",
    "STC": "Sở Tài chính",
    "SCT": "Sở Công Thương",
    "SNNMT": "Sở Nông nghiệp và Môi trường",
    "SXD": "Sở Xây dựng",
    "SKHCN": "Sở Khoa học và Công nghệ",
    "SVHTTDL": "Sở Văn hóa, Thể thao và Du lịch",
    "SGDDT": "Sở Giáo dục và Đào tạo",
    "SYT": "Sở Y tế",
    "SDTTG": "Sở Dân tộc và Tôn giáo",
    "SNGV": "Sở Ngoại vụ",
    "TTT": "Thanh tra tỉnh",
    "VPUBND": "Văn phòng UBND tỉnh",
}
Rows = Sequence[Mapping[str, str]]
_FROM = {"valid_from": "2025-07-01", "basis": "NQ 1667/NQ-UBTVQH15"}
_SCORED = {"kind": "output", "scored_by": "appraisal", "requires": "none", "rule_type": "ratio", "rule": "theo tỷ lệ"}
# Code and maximum of the criteria of both sets; 10 points in all.
CRITERIA = (("I.1", "6"), ("I.2", "4"))


def agencies() -> list[dict[str, str]]:
    """A line of agencies.csv for each department and each commune."""
    with UNITS.open(encoding="utf-8", newline="") as file:
        communes = list(csv.DictReader(file))
    always = {**_FROM, "has_one_stop": "1", "is_survey_eligible": "1"}
    departments = [
        {**always, "agency_id": key, "agency_name": name, "short_name": name, "unit_kind": "so", "cchc_group": "so"}
        for key, name in DEPARTMENTS.items()
    ]
    return departments + [
        {
            **always,
            "agency_id": f"X{row['commune_code']}",
            "agency_name": f"UBND {row['commune'][0].lower()}{row['commune'][1:]}",
            "short_name": row["commune"],
            "unit_kind": "commune",
            "cchc_group": "xa",
        }
        for row in communes
    ]


def what_a_person_writes() -> dict[str, Rows]:
    """The lines that make a new registry one for workbooks, by table."""
    sets = {"SO_2025": "so", "XA_2025": "xa"}
    return {
        "agencies": agencies(),
        "criteria_sets": [
            {
                "set_id": set_id,
                "set_name": f"Bộ chỉ số {group} năm 2025",
                "cchc_groups": group,
                "first_year": "2025",
                "max_points": "10",
                "may_exceed_100": "0",
                "may_be_negative": "0",
                "basis_document": "QĐ thử nghiệm",
                "basis": "made up",
            }
            for set_id, group in sets.items()
        ],
        "criteria": [
            {
                **_SCORED,
                "set_id": set_id,
                "area_code": "I",
                "area_name": "Chỉ đạo điều hành",
                "criterion_code": code,
                "criterion_name": f"Tiêu chí {code}",
                "max_points": most,
            }
            for set_id in sets
            for code, most in CRITERIA
        ],
    }


def write_lines(registry: Path, tables: Mapping[str, Rows]) -> int:
    """Adds lines to the tables of a registry; returns how many."""
    for name, rows in tables.items():
        table = declaration().tables[name]
        with (registry / table.file).open("a", encoding="utf-8") as file:
            file.write(csv_text(table, rows, header=False))
    return sum(map(len, tables.values()))


def deliver_appraisals(inbox: Path) -> None:
    """One workbook of all departments and one of all communes; the n-th agency of a group has 10 − n/20 points."""
    for group in ("so", "xa"):
        names = [row["agency_name"] for row in agencies() if row["cchc_group"] == group]
        lines = [line for place, name in enumerate(names, start=1) for line in _workbook(name, place)]
        title = f"BẢNG TỔNG HỢP KẾT QUẢ THẨM ĐỊNH CẢI CÁCH HÀNH CHÍNH NĂM 2025 ({group})"
        headers = ("Đơn vị", "Mã tiêu chí", "Tiêu chí", "Điểm tối đa", "Điểm thẩm định")
        write_appraisal(inbox / "assessments" / f"tham_dinh_{group}_2025.csv", title, headers, lines)


def _workbook(name: str, place: int) -> Iterable[tuple[str, ...]]:
    first = f"{6 - place / 20:.2f}".replace(".", ",")
    yield name, "I.1", "Tiêu chí I.1", "6", first
    yield "", "I.2", "Tiêu chí I.2", "4", "4"
