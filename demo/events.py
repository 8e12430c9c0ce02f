"""The event types, in the order in which a dossier can have them, and their names in the one-stop software."""

from __future__ import annotations

EVENT_LABELS = {
    "received": "Tiếp nhận",
    "guidance_slip": "Phiếu hướng dẫn",
    "transferred": "Chuyển xử lý",
    "supplement_notice": "Yêu cầu bổ sung",
    "supplement_received": "Đã bổ sung",
    "second_supplement_notice": "Yêu cầu bổ sung",
    "second_supplement_received": "Đã bổ sung",
    "tax_notice": "Thông báo thuế",
    "tax_paid": "Đã nộp thuế",
    "pause": "Tạm dừng",
    "resume": "Tiếp tục",
    "apology_reschedule_notice": "Xin lỗi và hẹn lại",
    "withdrawn": "Rút hồ sơ",
    "refusal_notice": "Thông báo từ chối",
    "finished_before_reopening": "Kết thúc xử lý",
    "reopened": "Mở lại",
    "finished": "Kết thúc xử lý",
    "early_result_invitation": "Mời nhận kết quả sớm",
    "returned": "Trả kết quả",
}
EVENT_TYPES = tuple(EVENT_LABELS)
EVENT_COLUMN = {event_type: column for column, event_type in enumerate(EVENT_TYPES)}

# Suffix of the document number by event type; other types have no document.
DOCUMENT_SUFFIXES = {
    "guidance_slip": "PHD-MC",
    "supplement_notice": "TBBS-MC",
    "second_supplement_notice": "TBBS-MC",
    "tax_notice": "TBT",
    "apology_reschedule_notice": "XLHL-MC",
    "refusal_notice": "TBTC-MC",
    "early_result_invitation": "TM-MC",
}

RECEIVING_ACTS = frozenset(
    {"received", "guidance_slip", "transferred", "supplement_received", "second_supplement_received", "tax_paid"}
    | {"withdrawn"}
)
RETURNING_ACTS = frozenset({"early_result_invitation", "returned"})
AFTER_THE_END = RETURNING_ACTS
ENDINGS = frozenset({"withdrawn", "refusal_notice", "finished"})
