"""Output of `cchc dossier late`: the dossiers that R1 counts as not on time, in 80 columns and as CSV."""

from __future__ import annotations

import csv
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from reports.dossiers.landed import Event
from reports.dossiers.late import LateDossier, LateList, NothingToListError, read_late
from reports.dossiers.words import named, unit_vi
from reports.format import format_count_vi, format_date_vi, format_percent_vi
from warehouse.config import Settings
from warehouse.publication.publications import current_publication

_HEADERS = (
    *("Mã hồ sơ", "Mã TTHC", "Tên TTHC", "Ngày tiếp nhận", "Hạn ban đầu", "Hạn sau tạm dừng", "Hẹn lại"),
    *("Kết thúc xử lý", "Lý do kết thúc", "Thời gian tính", "Thời hạn", "Đơn vị tính", "Quá hạn", "Tạm dừng"),
    *("Thông báo", "Dấu hiệu"),
)


def show_late(console: Console, settings: Settings, agency: str, period: str, rows: int, file: Path | None) -> None:
    """Prints the worst `rows` dossiers, writes all to `file`, and compares their number with the mart.

    Raises NothingToListError for an unknown agency or period, RuntimeError when the count of the mart differs.
    """
    if current_publication(settings.layout) is None:
        raise NothingToListError("nothing is published yet: run cchc nightly first")
    found = read_late(settings.layout, agency, period)
    console.print(f"{found.agency_name} ({found.agency_id}), {found.period.name}")
    console.print(f"Số liệu đến {format_date_vi(found.as_of_date)}. Lưu hành nội bộ.")
    if found.dossiers:
        console.print("Hồ sơ đến hạn trong kỳ mà không đúng hạn, nặng nhất trước:")
    for dossier in found.dossiers[:rows]:
        _show_one(console, found, dossier)
    if len(found.dossiers) > rows:
        console.print(f"\n… và {format_count_vi(len(found.dossiers) - rows)} hồ sơ nữa; --rows hoặc --csv cho xem hết")
    if file is not None:
        _write(file, found)
        console.print(f"\nĐã ghi {format_count_vi(len(found.dossiers))} hồ sơ vào {file.name}")
    _show_counts(console, found)


def _show_one(console: Console, found: LateList, late: LateDossier) -> None:
    title = Text.assemble((late.dossier_code, "bold"), f"  {late.procedure_code} {late.procedure_name or ''}".rstrip())
    console.print("\n", title, sep="")
    due = f"tiếp nhận {late.received_at:%d/%m/%Y %H:%M}, hạn {format_date_vi(late.due_original_date)}"
    if late.due_adjusted_date != late.due_original_date:
        due += f", sau tạm dừng {format_date_vi(late.due_adjusted_date)}"
    if late.due_current_date != late.due_adjusted_date:
        due += f", hẹn lại {format_date_vi(late.due_current_date)}"
    limit = f"{late.deadline_length} {unit_vi(late.deadline_unit)}"
    spent = f"{late.net_days} trên {limit}: quá {late.late_days}; tạm dừng {late.paused_days}"
    if late.net_days is None:
        spent = f"trên {limit}: chắc chắn quá hạn, không rõ bao nhiêu"
    facts = [due, _end(found, late), spent, f"thông báo: {_notices(late)}"]
    if late.flags:
        facts.append(f"dấu hiệu: {_flags(found, late)}")
    for line in facts:
        console.print(Padding(Text(line), (0, 0, 0, 2)))


def _show_counts(console: Console, found: LateList) -> None:
    due, on_time, listed = found.n_due_cohort, found.n_due_on_time, len(found.dossiers)
    rate = format_percent_vi(100 * on_time / due, 1) if due else "không có"
    console.print(
        f"\nĐến hạn {format_count_vi(due)}, đúng hạn {format_count_vi(on_time)} (R1 {rate}): "
        f"không đúng hạn {format_count_vi(due - on_time)}, "
        + ("bằng" if found.is_complete else "KHÁC")
        + f" số hồ sơ liệt kê ({format_count_vi(listed)})."
    )
    if not found.is_complete:
        raise RuntimeError(f"{listed} dossiers are listed, but the mart has {due} - {on_time}")


def _end(found: LateList, late: LateDossier) -> str:
    if late.end_reason is None:
        return f"chưa xong đến {format_date_vi(found.as_of_date)}"
    reason = named(found.labels, "end_reason", late.end_reason)
    if late.finished_at is None:
        return f"kết thúc ngày không rõ: {reason[:1].lower()}{reason[1:]}"
    return f"kết thúc {late.finished_at:%d/%m/%Y %H:%M}: {reason[:1].lower()}{reason[1:]}"


def _notices(late: LateDossier) -> str:
    if "pauses_unknown" in late.flags:
        return "không rõ, hồ sơ không có sự kiện nào"
    return "; ".join(_notice(late, notice) for notice in late.notices) or "không có"


def _notice(late: LateDossier, notice: Event) -> str:
    day = notice.occurred_at.date()
    notice_text = {
        "supplement_notice": "yêu cầu bổ sung",
        "apology_reschedule_notice": "xin lỗi và hẹn lại",
        "refusal_notice": "từ chối",
        "early_result_invitation": "mời nhận kết quả sớm",
    }[notice.event_type]
    notice_text += f" {format_date_vi(day)}"
    if notice.event_type == "apology_reschedule_notice":
        notice_text += " (trước hạn)" if day < late.due_adjusted_date else " (không trước hạn)"
    return notice_text


def _flags(found: LateList, late: LateDossier) -> str:
    return "; ".join(named(found.labels, "dossier_flag", flag) for flag in late.flags)


def _write(file: Path, found: LateList) -> None:
    """Writes all dossiers with a byte order mark and semicolons, as spreadsheets in Việt Nam expect."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(_HEADERS)
        for late in found.dossiers:
            writer.writerow(
                [
                    *(late.dossier_code, late.procedure_code or "", late.procedure_name or ""),
                    f"{late.received_at:%d/%m/%Y %H:%M}",
                    *(format_date_vi(day) for day in (late.due_original_date, late.due_adjusted_date)),
                    format_date_vi(late.due_current_date) if late.due_current_date != late.due_adjusted_date else "",
                    f"{late.finished_at:%d/%m/%Y %H:%M}" if late.finished_at else "",
                    named(found.labels, "end_reason", late.end_reason),
                    *(late.net_days, late.deadline_length, unit_vi(late.deadline_unit)),
                    *(late.late_days, late.paused_days, _notices(late), _flags(found, late)),
                ]
            )
