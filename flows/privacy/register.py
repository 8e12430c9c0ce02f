"""`cchc privacy register`: the register of processing of personal data, in Vietnamese, from the contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingest.contract import Column, Contract
from warehouse.config import Settings
from warehouse.templates import render_text

TEMPLATE = Path(__file__).parent / "templates" / "register.md.j2"
_CATEGORIES = {
    "name": "họ và tên",
    "identity": "số định danh cá nhân, số giấy tờ",
    "phone": "số điện thoại",
    "email": "địa chỉ thư điện tử",
    "address": "địa chỉ",
    "free_text": "nội dung tự ghi, có thể có dữ liệu cá nhân",
    "official": "cán bộ, công chức, điều tra viên",
}
_NOT_USED = "không dùng; có sẵn trong tệp của cơ quan gửi"
_TEST_ROWS = "chỉ đọc để nhận ra dòng thử nghiệm"
_DROPPED = "bỏ khi nạp, chỉ còn trong tệp gốc"
_KEYED = "thay bằng bí danh có khóa (HMAC-SHA-256) khi nạp"
_NOBODY = "không chuyển cho ai"
_PIPELINE = "người vận hành kho dữ liệu; không có trong bản công bố"


@dataclass(frozen=True)
class Entry:
    """One personal column of a source: what it is, why it is processed, how, how long, and who receives it."""

    source: str
    column: str
    category: str
    purpose: str
    treatment: str
    retention: str
    recipients: str


def register_entries(contracts: Mapping[str, Contract], settings: Settings) -> list[Entry]:
    """Returns an entry per personal column of every source, in the order of the contracts."""
    return [entry for contract in contracts.values() for entry in _entries(contract, settings)]


def write_register(contracts: Mapping[str, Contract], settings: Settings, today: date) -> str:
    """Returns the register as Markdown."""
    entries = register_entries(contracts, settings)
    without = [contract.title_vi for contract in contracts.values() if not contract.personal_columns]
    return render_text(
        TEMPLATE, entries=entries, without=without, today=f"{today:%d/%m/%Y}", archive_days=settings.archive_days
    )


def _entries(contract: Contract, settings: Settings) -> Iterator[Entry]:
    delivered = f"tệp gốc: {settings.archive_days} ngày từ khi nhận"
    for column in contract.columns:
        if column.personal:
            is_keyed = column.treatment == "key"
            yield Entry(
                contract.title_vi,
                "; ".join(column.headers) or column.shown_name,
                _CATEGORIES[column.personal],
                _purpose(contract, column),
                _KEYED if is_keyed else _DROPPED,
                f"{delivered}; bí danh: cùng với dòng số liệu đã nạp" if is_keyed else delivered,
                _PIPELINE if is_keyed else _NOBODY,
            )
    if contract.items:
        remarks = "câu hỏi không có thang điểm"
        category = _CATEGORIES["free_text"]
        yield Entry(contract.title_vi, remarks, category, _NOT_USED, "không đọc", delivered, _NOBODY)


def _purpose(contract: Contract, column: Column) -> str:
    if column.treatment == "key":
        purpose = column.description_vi
        return purpose[:1].lower() + purpose[1:]
    is_read = any(rule.column == column.name for rule in contract.exclude)
    return _TEST_ROWS if is_read else _NOT_USED
