"""The columns of each export: header text -> SQL over the columns of Export."""

from __future__ import annotations

DOSSIER_TITLE = "SỔ THEO DÕI HỒ SƠ TIẾP NHẬN VÀ TRẢ KẾT QUẢ CẤP HUYỆN"
EVENT_TITLE = "SỔ THEO DÕI QUÁ TRÌNH XỬ LÝ HỒ SƠ CẤP HUYỆN"

_CODE = "code_prefix || lpad(sequence::varchar, 6, '0')"
_DOCUMENT = "sequence || '/' || document_suffix"


def _day_first(column: str) -> str:
    return f"strftime({column}, '%d/%m/%Y %H:%M')"


def _time_first(column: str) -> str:
    return f"strftime({column}, '%H:%M %d/%m/%Y')"


DOSSIER_CSV = {
    "Mã hồ sơ": _CODE,
    "Mã TTHC": "procedure_code",
    "Tên TTHC": "procedure_name",
    "Đơn vị tiếp nhận": "receiving_agency",
    "Đơn vị giải quyết": "resolving_agency",
    "Đơn vị trả kết quả": "returning_agency",
    "Kênh thực hiện": "channel",
    "Hồ sơ điện tử": "e_file",
    "Ngày nộp": _day_first("submitted_at"),
    "Ngày tiếp nhận": _day_first("received_at"),
    "Ngày hẹn trả": _day_first("due_at"),
    "Ngày kết thúc xử lý": _day_first("finished_at"),
    "Ngày trả": _day_first("returned_at"),
    "Trạng thái": "status",
    "Chủ hồ sơ": "applicant_name",
    "Số giấy tờ": "identity_number",
    "Số điện thoại": "phone",
    "Email": "email",
    "Địa chỉ": "address",
    "Trích yếu": "summary",
    "Người nhận hồ sơ": "official",
    "DeletedOn": _day_first("deleted_at"),
}

# Dates that stay timestamps become real dates of the workbook; the others are text, as in the districts' exports.
DOSSIER_XLSX = {
    "STT": "row_number",
    "Số hồ sơ": _CODE,
    "Mã TTHC": "procedure_code",
    "Đơn vị tiếp nhận": "receiving_agency",
    "Đơn vị": "resolving_agency",
    "Đơn vị trả kết quả": "returning_agency",
    "Hình thức nộp": "channel",
    "Hồ sơ điện tử": "e_file",
    "Ngày nộp": _time_first("submitted_at"),
    "Ngày tiếp nhận": "received_at",
    "Ngày hẹn trả kết quả": "due_at",
    "Ngày có kết quả": _time_first("finished_at"),
    "Ngày trả kết quả": "returned_at",
    "Trạng thái": "status",
    "Chủ hồ sơ": "applicant_name",
    "Số giấy tờ": "identity_number",
    "Số điện thoại": "phone",
    "Địa chỉ": "address",
    "Trích yếu": "summary",
    "Người nhận hồ sơ": "official",
}

EVENT_CSV = {
    "Mã hồ sơ": _CODE,
    "Loại sự kiện": "event",
    "Thời điểm": _day_first("occurred_at"),
    "Đơn vị": "agency",
    "Số văn bản": _DOCUMENT,
    "Ngày hẹn mới": _day_first("new_due_at"),
    "Người thực hiện": "official",
}

EVENT_XLSX = EVENT_CSV | {"Thời điểm": "occurred_at", "Ngày hẹn mới": _time_first("new_due_at")}
