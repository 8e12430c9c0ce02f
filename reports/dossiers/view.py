"""Output of `cchc dossier show`: one dossier from its delivered row and events to its verdict, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.dossiers.late import NothingToListError, split_flags
from reports.dossiers.trace import Pause, Trace, read_trace
from reports.dossiers.words import delivered_words, named, unit_vi
from reports.format import format_date_vi, format_month_vi
from warehouse.config import Settings
from warehouse.publication.publications import current_publication

_Line = tuple[str, str]


def show_dossier(console: Console, settings: Settings, code: str) -> None:
    """Prints the trace of one dossier. Raises NothingToListError when nothing is published or no such dossier."""
    if current_publication(settings.layout) is None:
        raise NothingToListError("nothing is published yet: run cchc nightly first")
    trace = read_trace(settings.layout, code)
    console.print(Text.assemble((trace.fact["dossier_code"], "bold"), "  lưu hành nội bộ"))
    for title, lines in (
        ("Hồ sơ", _identity(trace)),
        ("Sổ theo dõi hồ sơ", _log_row(trace)),
        ("Sự kiện", _events(trace)),
        ("Tạm dừng", _pauses(trace)),
        ("Ba ngày hẹn", _due_dates(trace)),
        ("Kết luận", _verdict(trace)),
    ):
        table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 0))
        table.add_column(width=20, overflow="fold")
        table.add_column(overflow="fold")
        for name, text in lines:
            table.add_row(Text(name), Text(text))
        console.print(f"\n{title}")
        console.print(table)


def _identity(trace: Trace) -> Iterator[_Line]:
    fact, procedure = trace.fact, trace.procedure
    name = procedure["procedure_name"] if procedure else "không có trong danh mục vào ngày tiếp nhận"
    yield "thủ tục", f"{fact['procedure_code'] or 'không rõ'}: {name}"
    yield "giải quyết", fact["resolving_agency"] or "không rõ"
    if fact["receiving_agency"] != fact["resolving_agency"]:
        yield "tiếp nhận", fact["receiving_agency"] or "không rõ"
    if fact["returning_agency"] not in (None, fact["resolving_agency"]):
        yield "trả kết quả", fact["returning_agency"]
    yield "số liệu đến", format_date_vi(fact["as_of_date"])


def _log_row(trace: Trace) -> Iterator[_Line]:
    row = trace.log_row
    if row is None:
        yield "", "không có trong sổ đã nạp; chỉ biết từ sự kiện hoặc bản công bố"
        return
    yield "tệp", f"{row['original_name']}, dòng {row['line']} (lần nạp {row['load_seq']})"
    for name, column in (
        ("nộp", "submitted_at"),
        ("tiếp nhận", "received_at"),
        ("ngày hẹn in", "printed_due_at"),
        ("kết thúc xử lý", "finished_at"),
        ("trả kết quả", "returned_at"),
    ):
        yield name, _moment(row[column])
    yield "trạng thái", delivered_words("dossiers", "status").get(row["status"], row["status"])


def _events(trace: Trace) -> Iterator[_Line]:
    words = delivered_words("dossier_events", "event_type")
    for event in trace.events:
        text = words.get(event.event_type, event.event_type)
        if event.document_no:
            text += f", số {event.document_no}"
        if event.new_due_at:
            text += f", hẹn lại {_moment(event.new_due_at)}"
        yield _moment(event.occurred_at), text
    if not trace.events:
        yield "", "không có sự kiện nào: không biết có tạm dừng hay không"


def _pauses(trace: Trace) -> Iterator[_Line]:
    fact, unit = trace.fact, unit_vi(trace.fact["deadline_unit"])
    covered_until: datetime | None = None
    for pause in trace.pauses:
        text = f"{named(trace.labels, 'pause_kind', pause.kind)}: {_time_off(pause, unit)}"
        if covered_until is not None and pause.started_at < covered_until:
            text += ", phần trùng chỉ tính một lần"
        if not pause.is_lawful:
            text += ", chỉ được yêu cầu một lần"
        if pause.is_open:
            text += ", chưa tiếp tục"
        yield _span(pause, trace.end_date), text
        ended_at = pause.ended_at or datetime.max
        covered_until = max(covered_until or ended_at, ended_at)
    if fact["elapsed_days"] is None:
        yield "", "không tính: ngày không hợp lệ hoặc thiếu"
        return
    none = "không có" if trace.events else "không rõ, coi như không có"
    yield "cộng", f"{fact['paused_days']} {unit}" if trace.pauses else none
    if fact["is_paused"] and not any(pause.is_open for pause in trace.pauses):
        yield "chú ý", "đang tạm dừng theo trạng thái trong sổ, không có sự kiện"


def _due_dates(trace: Trace) -> Iterator[_Line]:
    fact, procedure, receipt = trace.fact, trace.procedure, trace.receipt
    unit = unit_vi(fact["deadline_unit"])
    if procedure is None or fact["due_original_date"] is None or receipt is None:
        yield "", "không tính được: thiếu ngày tiếp nhận hoặc thời hạn của thủ tục"
        return
    validity = f"hiệu lực từ {format_date_vi(procedure['valid_from'])}"
    if procedure["valid_to"]:
        validity += f" đến trước {format_date_vi(procedure['valid_to'])}"
    basis = f", căn cứ: {procedure['basis']}" if procedure["basis"] else ""
    yield "thời hạn", f"{fact['deadline_length']} {unit}, {validity}{basis}"
    yield "bắt đầu", _start(trace)
    length, original = fact["deadline_length"], fact["due_original_date"]
    counted = _sum(trace, receipt.counted_from, length)
    yield "hạn ban đầu", f"{format_date_vi(original)} = {length} {unit} sau đó{counted}"
    yield from _days_off(trace, receipt.counted_from, original)
    if fact["due_adjusted_date"] is None:
        yield "sau tạm dừng", "chưa có: đang tạm dừng"
        return
    paused, moved = fact["paused_days"], ", không tạm dừng"
    if paused:
        moved = f" = thêm {paused} {unit} tạm dừng{_sum(trace, original, paused)}"
    yield "sau tạm dừng", format_date_vi(fact["due_adjusted_date"]) + moved
    yield from _days_off(trace, original, fact["due_adjusted_date"])
    if fact["due_current_date"] != fact["due_adjusted_date"]:
        yield "hẹn lại", f"{format_date_vi(fact['due_current_date'])}; hẹn lại không làm hết trễ hạn"


def _start(trace: Trace) -> str:
    receipt, received = trace.receipt, trace.fact["received_at"]
    assert receipt is not None
    text = f"{_moment(received)}; ngày tiếp nhận không tính"
    if receipt.is_after_cutoff:
        text += f"; sau {receipt.cutoff}: coi như nhận ngày {format_date_vi(receipt.counted_from)}"
    elif receipt.is_day_off:
        text += "; ngày nghỉ: coi như nhận ngày làm việc trước đó"
    if receipt.cutoff is None:
        text += "; không rõ giờ chốt tiếp nhận"
    return text


def _sum(trace: Trace, first: date, added: int) -> str:
    """Returns the count by the numbers of core.dim_date; empty unless it counts working days."""
    if trace.fact["deadline_unit"] != "working_day":
        return ""
    number = trace.number(first)
    return f" ({number} + {added} = {number + added})"


def _days_off(trace: Trace, first: date, last: date) -> Iterator[_Line]:
    """Yields the days off inside a count of working days, and its make-up Saturdays."""
    if trace.fact["deadline_unit"] == "calendar_day":
        return
    days = trace.between(first, last)
    holidays = [day for day in days if not day.is_working_day and day.calendar_date.weekday() < 5]
    weekends = sum(not day.is_working_day and day.calendar_date.weekday() >= 5 for day in days)
    worked = [day for day in days if day.is_working_day and day.calendar_date.weekday() >= 5]
    listed = [f"{weekends} ngày thứ bảy, chủ nhật"] if weekends else []
    listed += [f"{day.calendar_date:%d/%m} {day.holiday_name or ''}".rstrip() for day in holidays]
    if listed:
        yield "  ngày nghỉ ở giữa", "; ".join(listed)
    if worked:
        yield "  ngày làm bù", ", ".join(f"{day.calendar_date:%d/%m}" for day in worked)


def _verdict(trace: Trace) -> Iterator[_Line]:
    fact, unit = trace.fact, unit_vi(trace.fact["deadline_unit"])
    if fact["net_days"] is not None:
        until = "ngày kết thúc" if fact["finished_at"] else "ngày số liệu"
        yield (
            "thời gian",
            f"{fact['elapsed_days']} đến {until} {format_date_vi(trace.end_date)}, trừ {fact['paused_days']} tạm dừng, "
            f"còn {fact['net_days']} {unit}",
        )
    if fact["margin_days"] is not None:
        sign = "<" if fact["margin_days"] > 0 else "=" if fact["margin_days"] == 0 else ">"
        yield "so với thời hạn", f"{fact['net_days']} {sign} {fact['deadline_length']}"
    yield "tính lại", named(trace.labels, "deadline_status", fact["deadline_status"]) or "không tính: chưa tiếp nhận"
    yield "phần mềm một cửa", named(trace.labels, "system_status", fact["system_status"]) or "không rõ ngày hẹn in"
    if fact["end_reason"]:
        yield "kết thúc vì", named(trace.labels, "end_reason", fact["end_reason"])
    yield "R1", _cohort(trace)
    for flag in split_flags(fact["flags"]):
        yield "dấu hiệu", named(trace.labels, "dossier_flag", flag)


def _cohort(trace: Trace) -> str:
    fact = trace.fact
    if fact["is_in_due_cohort"]:
        month = format_month_vi(fact["due_adjusted_date"])
        return f"tính vào tháng {month}: {'đúng hạn' if fact['is_on_time'] else 'không đúng hạn'}"
    if fact["deadline_status"] in (None, "invalid_dates", "not_recomputable"):
        return "không tính: không đủ ngày hợp lệ"
    if fact["due_adjusted_date"] is None:
        return "chưa tính: đang tạm dừng, chưa biết ngày đến hạn"
    if fact["deadline_status"] == "withdrawn":
        return "không tính: rút hoặc dừng khi còn trong hạn"
    return f"chưa tính: đến hạn {format_date_vi(fact['due_adjusted_date'])}, chưa qua vào ngày số liệu"


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return "–"
    # A date without a time of day comes as midnight.
    return f"{moment:%d/%m/%Y}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%d/%m/%Y %H:%M}"


def _span(pause: Pause, last: date) -> str:
    ended = pause.ended_at.date() if pause.ended_at else last
    return f"{pause.started_at:%d/%m/%y}–{ended:%d/%m/%y}"


def _time_off(pause: Pause, unit: str) -> str:
    if pause.n_minutes is None:
        return f"{pause.n_days} {unit}"
    hours, minutes = divmod(pause.n_minutes, 60)
    return f"{hours} {unit} {minutes} phút" if minutes else f"{hours} {unit}"
