"""Begins the registry of another province: every table with its header, and a README that says what goes where."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ingest.registry.completion import code_labels
from ingest.registry.declaration import FEATURE_PREFIX, Column, Declaration, Table, declaration
from ingest.registry.messages import Text

_EXAMPLES = Path(__file__).with_name("examples.yml")
# The ranking groups of a province since 01/07/2025.
_GROUPS = (("so", "Sở, ban, ngành", "Provincial departments"), ("xa", "UBND cấp xã", "Communes"))
_HEADER_ALSO = {"agencies": (f"{FEATURE_PREFIX}one_stop",)}


class RegistryExistsError(Exception):
    """The folder of a new registry already has files."""


def new_registry(folder: Path, province: str, calendar_from: date, code: str | None = None) -> list[Path]:
    """Writes every table with its header line, and README.md; returns what was written.

    Only the name and code of the province, the first day of its calendar and two ranking groups are filled in. Raises
    RegistryExistsError when the folder has files.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RegistryExistsError(f"{folder} has files already: name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    declared = declaration()
    written = [folder / "README.md"]
    written[0].write_text(_readme(province, declared), encoding="utf-8")
    for table in declared.tables.values():
        path = folder / table.file
        path.write_text(csv_text(table, _first_rows(table.name, province, calendar_from, code)), encoding="utf-8")
        written.append(path)
    return written


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Returns by table what it is for (`vi`) and rows as they look (`rows`)."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(_EXAMPLES.read_text(encoding="utf-8"))
    return loaded


def csv_text(table: Table, rows: Iterable[Mapping[str, Any]], *, header: bool = True) -> str:
    """Returns rows as the CSV of a table; a column that a row does not name is empty."""
    columns = [*table.columns]
    at = columns.index("is_survey_eligible") if table.has_features else 0
    columns[at:at] = _HEADER_ALSO.get(table.name, ())
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _first_rows(table: str, province: str, calendar_from: date, code: str | None) -> list[dict[str, Any]]:
    if table == "policy_parameters":
        start = {"valid_from": calendar_from.isoformat(), "basis": "cchc registry new"}
        values = (("province_name", province), ("province_code", code), ("calendar_from", calendar_from.isoformat()))
        return [{"parameter": parameter, "value": value, **start} for parameter, value in values if value]
    if table == "labels":
        return [
            {"list_name": "cchc_group", "value": value, "label_vi": vi, "label_en": en, "sort_order": order}
            for order, (value, vi, en) in enumerate(_GROUPS, start=1)
        ]
    return []


def _readme(province: str, declared: Declaration) -> str:
    parts = [
        f"# Sổ đăng ký của {province}",
        "",
        "Mỗi tệp CSV là một bảng (UTF-8, dấu phẩy, dòng đầu là tên cột). Bảng không dùng đến chỉ giữ dòng tiêu đề;",
        "cột không bắt buộc có thể bỏ. Ngày viết 2025-07-01, số thập phân dùng dấu chấm. `valid_to` để trống là còn",
        "hiệu lực, nếu ghi thì là ngày đầu tiên hết hiệu lực. Kiểm tra:",
        "`CCHC_LANGUAGE=vi cchc --registry THƯ_MỤC registry check`.",
        "",
        "Chỉ nhận bảng điểm CCHC thì cần: `agencies`, `criteria_sets`, `criteria` (thêm nhãn nhóm trong `labels`).",
        "Nhận hồ sơ một cửa: thêm `procedures`. Nhận phiếu khảo sát: thêm `questionnaires`, `questionnaire_items`,",
        "`scale_labels`, `survey_frames`.",
        "",
    ]
    for table in declared.tables.values():
        parts += _described(table)
    parts += ["## Tham số và giá trị mặc định", "", "| tham số | mặc định |", "|---|---|"]
    parts += [f"| `{name}` | {column.default or 'phải ghi khi cần'} |" for name, column in declared.parameters.items()]
    return "\n".join(parts) + "\n"


def _described(table: Table) -> list[str]:
    example = examples()[table.name]
    lines = [f"## {table.file}", "", example["vi"], "", "| cột | bắt buộc | kiểu | giá trị |", "|---|---|---|---|"]
    for column in table.columns.values():
        kind = Text(f"type_{column.type}", {}).say("vi")
        lines.append(f"| `{column.name}` | {'có' if column.required else ''} | {kind} | {_allowed(column)} |")
    lines.append("")
    if example["rows"]:
        lines += ["```", csv_text(table, example["rows"]).rstrip("\n"), "```", ""]
    return lines


def _allowed(column: Column) -> str:
    if column.values:
        values = [label["value"] for label in code_labels() if label["list_name"] == column.values]
        listed = ", ".join(f"`{value}`" for value in values)
        is_open = column.values in declaration().open_lists
        more = f"danh mục `{column.values}` của labels.csv" if is_open else ""
        return "; thêm vào ".join(part for part in (listed, more) if part)
    if column.references:
        return f"có trong {column.references.split('.')[0]}.csv"
    return ", ".join(f"`{value}`" for value in column.one_of)
