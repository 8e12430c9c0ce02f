"""A fault of one delivery becomes its verdict; a fault of the home passes."""

from __future__ import annotations

import errno
import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.build.building import check_registry_step
from flows.load import loading
from flows.load.boundary import attempt
from flows.night import Night
from ingest.discover import Delivery
from ingest.local_inbox import FetchError
from ingest.readers.sheet import UnreadableError
from ingest.registry.registry import RegistryError
from tests.support.registries import THREE_AGENCIES
from warehouse.config import Settings
from warehouse.ledger import LoadRecord
from warehouse.staging import sweep_staging

BAD = "bad_20240101_20240331.csv"
DELIVERY = Delivery("dossiers", "x.csv", "/x.csv", 1, datetime(2024, 4, 1))
HEADER = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái"


class PanicException(BaseException):
    """As a library in Rust raises it."""


def raising(error: BaseException) -> Callable[[], str]:
    def work() -> str:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (UnreadableError("tệp hỏng"), "tệp hỏng"),
        (FetchError("liên kết vòng"), "liên kết vòng"),
        (ValueError("a cell: Nguyễn Văn A"), "lỗi ngoài dự kiến"),
        (UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed"), "lỗi ngoài dự kiến"),
        (RecursionError(), "lỗi ngoài dự kiến"),
        (PanicException("index out of bounds"), "lỗi ngoài dự kiến"),
        (MemoryError(), "cần nhiều bộ nhớ"),
        (duckdb.OutOfMemoryException("failed to allocate"), "cần nhiều bộ nhớ"),
        (FileNotFoundError(errno.ENOENT, "gone", "/inbox/x.csv"), "lỗi ngoài dự kiến"),
    ],
)
def test_a_fault_of_the_delivery_is_its_reason(
    error: BaseException, says: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert says in attempt(Settings(home=tmp_path), DELIVERY, raising(error), str)
    is_expected = isinstance(error, (UnreadableError, FetchError))
    assert ("dossiers/x.csv" in caplog.text) != is_expected
    assert ("raise error" in caplog.text) != is_expected
    # A message may quote a cell.
    assert "Nguyễn" not in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EIO, "Input/output error"),
        duckdb.IOException("IO Error: Could not write file: No space left on device"),
        RegistryError(Path("registry"), []),
        KeyboardInterrupt(),
    ],
)
def test_a_fault_of_the_home_passes(error: BaseException, tmp_path: Path) -> None:
    with pytest.raises(type(error)):
        attempt(Settings(home=tmp_path), DELIVERY, raising(error), str)


def test_a_file_of_the_home_is_not_the_delivery(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    archived, sent = str(tmp_path / "archive" / "a" / "x.csv"), str(tmp_path / "inbox" / "dossiers" / "x.csv")
    with pytest.raises(PermissionError):
        attempt(settings, DELIVERY, raising(PermissionError(errno.EACCES, "denied", archived)), str)
    assert attempt(settings, DELIVERY, raising(PermissionError(errno.EACCES, "denied", sent)), str)


def deliver(settings: Settings, name: str, code: str) -> None:
    path = settings.layout.inbox / "dossiers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    row = f"{code};1.000110;Sở Xây dựng;Sở Xây dựng;03/01/2024 08:30;15/01/2024 10:00;Đã xử lý xong"
    path.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")


def load(settings: Settings) -> dict[str, LoadRecord]:
    night = Night(settings)
    sweep_staging(night.home)
    check_registry_step(night)
    collected = loading.collect(night, "dossiers")
    judged = loading.judge(night, "dossiers", loading.conform(night, "dossiers", collected))
    return {record.original_name: record for record in loading.land(night, "dossiers", judged)}


@pytest.mark.parametrize(
    "step",
    [
        "flows.load.loading.conform_delivery",
        "flows.load.judging.judge_batches",
        "flows.load.loading.write_coverage",
        "flows.load.arrivals.unpack",
    ],
)
def test_a_fault_in_any_step_leaves_the_other_delivery_alone(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path / "home", registry=THREE_AGENCIES, settle_seconds=0)
    deliver(settings, BAD, "T99.01-240103-0001")
    deliver(settings, "good_20240101_20240331.csv", "T99.01-240103-0002")
    module, _, name = step.rpartition(".")
    original = getattr(import_module(module), name)
    content = (settings.layout.inbox / "dossiers" / BAD).read_bytes()
    load_id = hashlib.sha256(content).hexdigest()[:16]

    def fail_on_the_bad_one(*arguments: Any) -> Any:
        # Steps after the first work in folders named by the load's id.
        if load_id in repr(arguments) or BAD in repr(arguments):
            raise ValueError("a defect that only this file meets")
        return original(*arguments)

    monkeypatch.setattr(step, fail_on_the_bad_one)
    records = load(settings)
    verdicts = {name[:4]: record.verdict_status for name, record in records.items()}
    assert verdicts == {"bad_": "unreadable", "good": "accepted"}
    assert "lỗi ngoài dự kiến" in (records[BAD].reason or "")


def test_rules_that_judge_nothing_end_the_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path / "home", registry=THREE_AGENCIES, settle_seconds=0)
    deliver(settings, "good_20240101_20240331.csv", "T99.01-240103-0002")

    def fail(*_: Any) -> Any:
        raise ValueError("a rule that no row can meet")

    monkeypatch.setattr("flows.load.judging.judge_batches", fail)
    with pytest.raises(ValueError, match="no row can meet"):
        load(settings)


def test_what_cannot_be_fetched_is_told_once_and_taken_when_it_can(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", registry=THREE_AGENCIES, settle_seconds=0)
    name = "late_20240101_20240331.csv"
    path = settings.layout.inbox / "dossiers" / name
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "nowhere")
    first = load(settings)[name]
    assert (first.verdict_status, first.sha256, first.needs_attention) == ("unreadable", "", True)
    assert "không dẫn đến tệp nào" in (first.reason or "")
    assert load(settings) == {}
    path.unlink()
    deliver(settings, name, "T99.01-240103-0001")
    assert load(settings)[name].verdict_status == "accepted"
    assert load(settings) == {}
    loads = Night(settings).ledger.loads()
    assert [(one.superseded_by, one.needs_attention) for one in loads] == [(2, False), (None, False)]
