"""The register of processing has every personal column of every contract."""

from __future__ import annotations

from datetime import date

from flows.privacy.register import register_entries, write_register
from ingest.contract import load_contracts
from warehouse.config import Settings


def test_every_personal_column_has_an_entry() -> None:
    contracts = load_contracts()
    entries = register_entries(contracts, Settings(archive_days=30))
    listed = {(one.source, header) for one in entries for header in one.column.split("; ")}
    declared = {
        (contract.title_vi, header)
        for contract in contracts.values()
        for column in contract.columns
        if column.personal
        for header in column.headers
    }
    assert len(declared) > 20
    assert declared <= listed
    assert all(one.category and one.purpose and one.treatment and one.recipients for one in entries)
    assert {one.retention.split(";")[0] for one in entries} == {"tệp gốc: 30 ngày từ khi nhận"}


def test_the_register_says_why_an_applicant_is_keyed_and_a_name_is_read() -> None:
    entries = register_entries(load_contracts(), Settings())
    by_column = {one.column: one for one in entries if one.source == "Sổ theo dõi hồ sơ một cửa"}
    number = by_column["Số giấy tờ; SoGiayToChuHoSo"]
    assert number.purpose == "bí danh có khóa của người nộp, chỉ dùng để nhận ra hồ sơ đăng ký lại"
    assert number.treatment.startswith("thay bằng bí danh có khóa")
    (name,) = (one for column, one in by_column.items() if column.startswith("Chủ hồ sơ"))
    assert name.purpose == "chỉ đọc để nhận ra dòng thử nghiệm"


def test_the_text_is_a_table_for_the_officer() -> None:
    text = write_register(load_contracts(), Settings(), date(2026, 12, 1))
    assert "Lập ngày 01/12/2026" in text
    assert "số 91/2025/QH15 và Nghị định số 356/2025/NĐ-CP" in text
    assert "| tệp gốc (`archive`) | toàn bộ tệp đã gửi | 90 ngày, xóa tự động |" in text
