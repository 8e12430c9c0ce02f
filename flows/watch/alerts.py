"""Alerts about a night in Vietnamese: what happened, where, and what to do next.

Counts, rules and their sentences; never a value of a row nor the name of a file. flows/watch/channel.py delivers them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import computed_field
from pydantic.dataclasses import dataclass

from flows.failures import ExitCode
from ingest.contract import load_contracts
from ingest.privacy import scrub
from warehouse.ledger import LoadRecord, Verdict
from warehouse.nights import NightRecord

Kind = Literal["night_failed", "night_unfinished", "night_missing", "deliveries"]
_LONGEST_REASON = 1_000
_TITLES: dict[Kind, str] = {
    "night_failed": "The night failed",
    "night_unfinished": "The night has not finished",
    "night_missing": "No night has started",
    "deliveries": "Deliveries need attention",
}
_MANUAL = "docs/operations.md"


@dataclass(frozen=True)
class BrokenRule:
    """A rule that rows of a delivery break."""

    code: str
    rows: int
    statement: str


@dataclass(frozen=True)
class WaitingDelivery:
    """A delivery that needs attention; `file` is its label."""

    load_seq: int
    source: str
    file: str
    verdict: Verdict
    reason: str | None
    rows_read: int
    rows_not_taken: int
    rules: tuple[BrokenRule, ...]


@dataclass(frozen=True)
class Alert:
    """One alert as stored in its file; `text` is the whole message, `steps` are the actions to take.

    `alert_id` does not depend on the process that raises the alert, so that an alert is sent once.
    """

    alert_id: str
    kind: Kind
    title_vi: str
    text: str
    steps: tuple[str, ...]
    raised_at: datetime
    night_id: str | None = None
    deliveries: tuple[WaitingDelivery, ...] = ()
    # The addresses that accepted it, by position and scheme; the time when all had; else the last fault.
    taken_by: tuple[str, ...] = ()
    sent_at: datetime | None = None
    fault: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def title(self) -> str:
        """The kind of alert, in English."""
        return _TITLES[self.kind]


def make_failed_alert(night: NightRecord, now: datetime) -> Alert:
    """Returns the alert of a night that ended with a fault (1), a wrong setting (2) or a refusal (4)."""
    is_refused = night.exit_code == ExitCode.REFUSED
    happened = "số liệu không qua kiểm tra nên không được công bố" if is_refused else "có lỗi"
    first_step = "sửa nguyên nhân nêu trên" if is_refused else "kiểm tra cài đặt: cchc doctor"
    return _alert(
        f"{night.night_id}-night_failed",
        "night_failed",
        f"Đêm {_moment(night.started_at)}: {happened} (mã {night.exit_code})",
        f"Lý do: {night.reason}\nNgười đọc vẫn thấy số liệu đã công bố trước đó.",
        (first_step, f"tra lý do trong {_MANUAL}, mục «What a failure means»", "chạy lại: cchc nightly"),
        now,
        night.night_id,
    )


def make_unfinished_alert(night: NightRecord, now: datetime, *, is_running: bool) -> Alert:
    """Returns the alert of a night that is still running when it should have ended, or that was killed."""
    who = f"tiến trình {night.pid} trên máy {night.host}"
    if is_running:
        title = f"Đêm {_moment(night.started_at)}: đến {now:%H:%M} vẫn chưa xong"
        body = f"{who[0].upper()}{who[1:]} vẫn đang chạy."
        steps: tuple[str, ...] = (
            "xem đang làm gì: cchc status",
            f"nếu phải dừng: kill {night.pid}",
            "rồi chạy lại: cchc nightly",
        )
    else:
        title = f"Đêm {_moment(night.started_at)}: bị ngắt giữa chừng"
        body = f"{who[0].upper()}{who[1:]} đã dừng mà không kết thúc (mất điện, hết bộ nhớ hoặc bị tắt)."
        steps = ("kiểm tra ổ đĩa và cài đặt: cchc doctor", "chạy lại, không có gì dở dang: cchc nightly")
    body += "\nNgười đọc vẫn thấy số liệu đã công bố trước đó."
    return _alert(f"{night.night_id}-night_unfinished", "night_unfinished", title, body, steps, now, night.night_id)


def make_missing_alert(turned_away: NightRecord | None, now: datetime, hours: float) -> Alert:
    """Returns the alert of no night in the hours before `now`, or only nights that found the home locked."""
    body = f"Trong {hours:g} giờ trước {_moment(now)} không có lượt chạy nào."
    if turned_away is not None:
        body = f"Lượt chạy lúc {_moment(turned_away.started_at)} không vào được: {turned_away.reason}"
    return _alert(
        f"{now:%Y%m%d}-night_missing",
        "night_missing",
        f"Đêm rạng ngày {now:%d/%m/%Y}: không chạy",
        f"{body}\nNgười đọc vẫn thấy số liệu đã công bố trước đó.",
        (
            f"xem lịch chạy (máy chủ Prefect và worker, hoặc cron) còn sống không: {_MANUAL}",
            "chạy ngay: cchc nightly",
        ),
        now,
    )


def make_deliveries_alert(loads: Sequence[LoadRecord], now: datetime, night_id: str | None) -> Alert:
    """Returns the alert of files not accepted and files with quarantined rows; `loads` is not empty."""
    described = tuple(_describe(load) for load in loads)
    blocks = [_block(number, delivery) for number, delivery in enumerate(described, 1)]
    numbers = [load.load_seq for load in loads if load.rows_quarantined]
    return _alert(
        f"loads-{loads[0].load_seq:06d}-{loads[-1].load_seq:06d}",
        "deliveries",
        f"{len(loads)} tệp gửi đến cần xử lý",
        "\n".join(blocks),
        (
            *(f"xem từng dòng để riêng: cchc quarantine show {number}" for number in numbers),
            "chuyển nội dung này cho đơn vị gửi, yêu cầu sửa và gửi lại tệp",
            "xem những gì còn chờ: cchc status",
        ),
        now,
        night_id,
        described,
    )


def safe_reason(sentence: str) -> str:
    """Returns a sentence of the pipeline, without personal data and cut at 1,000 characters."""
    text = scrub(sentence)
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]} …"


def _alert(
    alert_id: str,
    kind: Kind,
    title_vi: str,
    body: str,
    steps: tuple[str, ...],
    raised_at: datetime,
    night_id: str | None = None,
    deliveries: tuple[WaitingDelivery, ...] = (),
) -> Alert:
    listed = "\n".join(f"  - {step}" for step in steps)
    text = f"{title_vi}\n({_TITLES[kind]})\n\n{body}\n\nViệc cần làm:\n{listed}\n"
    return Alert(alert_id, kind, title_vi, text, steps, raised_at, night_id, deliveries)


def _describe(load: LoadRecord) -> WaitingDelivery:
    return WaitingDelivery(
        load_seq=load.load_seq,
        source=load.source,
        file=load.label,
        verdict=load.verdict_status,
        reason=safe_reason(load.reason) if load.reason else None,
        rows_read=load.rows_read,
        rows_not_taken=load.rows_quarantined + load.rows_held,
        rules=tuple(
            BrokenRule(rule.rule_code, rule.n_failed, rule.statement)
            for rule in load.rules
            if rule.severity == "critical" and not rule.is_passed
        ),
    )


def _block(number: int, delivery: WaitingDelivery) -> str:
    contract = load_contracts().get(delivery.source)
    title = f" ({contract.title_vi})" if contract else ""
    outcome = {
        "held": f"cả tệp được giữ lại, {_count(delivery.rows_not_taken)} dòng chưa nhận",
        "unreadable": "không đọc được",
        "empty": "không có dữ liệu",
    }.get(
        delivery.verdict,
        f"{_count(delivery.rows_not_taken)} trong {_count(delivery.rows_read)} dòng bị để riêng",
    )
    lines = [
        f"{number}. Nguồn: {delivery.source}{title}",
        f"   Tệp: {delivery.file} (lượt nạp {delivery.load_seq})",
        f"   Kết quả: {outcome}",
        *([f"   Lý do: {delivery.reason}"] if delivery.reason else []),
        *(f"   - {rule.code}: {rule.statement} ({_count(rule.rows)} dòng)" for rule in delivery.rules),
    ]
    return "\n".join(lines)


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _moment(at: datetime) -> str:
    return f"{at:%d/%m/%Y %H:%M}"
