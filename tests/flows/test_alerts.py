"""The record of nights, the alerts, their channels, and the check in the morning."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer, StreamRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import to_json, to_jsonable_python

from flows.cli.doctor import _settings
from flows.failures import UsageError
from flows.watch.alerts import Alert, make_deliveries_alert, make_failed_alert
from flows.watch.channel import expire_alerts, list_alerts, raise_alerts, send_again
from flows.watch.morning import alert_killed_night, check_morning
from flows.watch.record import watch_night
from tests.support.night_homes import TroubleNight
from tests.support.nights import Cchc, copy_home, read_records
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.ledger import Ledger, LoadRecord, RuleResult
from warehouse.lock import LockHeldError, hold_writer_lock
from warehouse.nights import KEPT, NightRecord, begin_night, keep_night, last_night, list_nights

NO_PROCESS = 2**22 + 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


class MailServer:
    """A server that takes mail, as much of SMTP as a client without login speaks."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.is_closed = False
        mail = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                self.answer("220 mail")
                while line := self.rfile.readline():
                    verb = line[:4].upper()
                    if verb == b"DATA":
                        self.answer("354 go on")
                        content = b"".join(iter(self.rfile.readline, b".\r\n"))
                        mail.got.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
                    elif verb == b"RCPT" and mail.is_closed:
                        self.answer("550 no such person")
                        continue
                    self.answer("221 bye" if verb == b"QUIT" else "250 ok")
                    if verb == b"QUIT":
                        return

            def answer(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self.server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.url = f"mailto://127.0.0.1:{self.server.server_address[1]}?from=cchc@tinh.vn&to=truc@tinh.vn&mode=insecure"


class Receiver:
    """An address that accepts messages, or answers with a fault."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answer = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if receiver.answer == 200:
                    receiver.got.append(body)
                self.send_response(receiver.answer)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?token=hidden"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    receiver = Receiver()
    with serving(receiver.server):
        yield receiver


@pytest.fixture
def mail() -> Iterator[MailServer]:
    mail = MailServer()
    with serving(mail.server):
        yield mail


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def some_load(home: Home, load_seq: int = 7, **changes: Any) -> LoadRecord:
    """A load with three rows set aside, in the ledger."""
    record = LoadRecord(
        load_seq=load_seq,
        load_id="0" * 15 + str(load_seq),
        source="dossiers",
        original_name="hoso 079123456789.csv",
        sha256="0" * 64,
        size_bytes=1,
        delivered_at=local_now(),
        loaded_at=local_now(),
        contract_version="1",
        verdict_status="accepted",
        rows_read=63,
        rows_accepted=60,
        rows_quarantined=3,
        rules=[
            RuleResult("dossiers", "DOS-05", "critical", 63, 3, "Đơn vị có trong danh mục.", "domain §5"),
            RuleResult("dossiers", "DOS-06", "critical", 63, 0, "Không ai hỏi đến.", "domain §5"),
        ],
    )
    record = replace(record, **changes)
    Ledger(home).append_load(record)
    return record


# Texts


def test_a_message_on_a_delivery_names_source_file_rule_rows_and_the_next_step(settings: Settings) -> None:
    load = some_load(settings.layout)
    held = some_load(settings.layout, 8, verdict_status="held", rows_accepted=0, rows_quarantined=0, rows_held=63,
                     reason="thiếu cột bắt buộc «Mã hồ sơ»")  # fmt: skip
    alert = make_deliveries_alert([load, held], local_now(), None)
    for part in (
        "Nguồn: dossiers (",
        "Tệp: dossiers-7 (lượt nạp 7)",
        "DOS-05: Đơn vị có trong danh mục. (3 dòng)",
        "3 trong 63 dòng",
        "cchc quarantine show 7",
        "cả tệp được giữ lại, 63 dòng",
        "thiếu cột bắt buộc «Mã hồ sơ»",
    ):
        assert part in alert.text
    assert "DOS-06" not in alert.text
    assert "079123456789" not in to_json(alert).decode()
    assert to_jsonable_python(alert)["deliveries"][0]["rules"] == [
        {"code": "DOS-05", "rows": 3, "statement": "Đơn vị có trong danh mục."}
    ]


def test_the_night_with_bad_files_reports_each_of_them_once(cchc: Cchc, trouble_night: TroubleNight) -> None:
    home = trouble_night.home
    (alert,) = list_alerts(home)
    waiting = [load for load in read_records(home.loads) if load["verdict_status"] != "accepted"]
    named = {f"{load['source']}-{load['load_seq']}" for load in waiting}
    assert named < {delivery.file for delivery in alert.deliveries}
    assert "DOS-05" in alert.text
    text = cchc(home.root, "status").text
    assert "exit 3" in text
    assert f"alerts/{alert.alert_id}.txt" in text


# The record of nights


def begun(home: Home) -> NightRecord:
    """A night of this process that has begun and is on record."""
    night = begin_night("cchc nightly")
    keep_night(home, night)
    return night


def run(settings: Settings, error: Exception | None) -> list[str]:
    """Runs a night that ends with an error; returns its warnings."""
    warnings: list[str] = []
    with pytest.raises(type(error)), watch_night(settings, "cchc nightly", warnings.append):  # type: ignore[arg-type]
        raise error  # type: ignore[misc]
    return warnings


def test_a_failed_night_is_recorded_and_reported_without_the_values_of_its_error(settings: Settings) -> None:
    assert run(settings, ZeroDivisionError("NGUYỄN VĂN A")) == []
    (night,) = list_nights(settings.layout)
    assert (night.exit_code, night.reason) == (1, "a fault in the pipeline: ZeroDivisionError")
    (alert,) = list_alerts(settings.layout)
    assert (alert.kind, alert.night_id) == ("night_failed", night.night_id)
    assert "ZeroDivisionError" in alert.text
    assert "NGUYỄN" not in (settings.layout.alerts / f"{alert.alert_id}.txt").read_text(encoding="utf-8")


def test_a_night_without_the_lock_is_recorded_without_an_alert(settings: Settings) -> None:
    with hold_writer_lock(settings.layout, "cchc nightly"):
        running = begun(settings.layout)
        run(settings, LockHeldError("another run holds this home"))
    assert [night.exit_code for night in list_nights(settings.layout)] == [None, 5]
    assert last_night(settings.layout) == running
    assert list_alerts(settings.layout) == []


def test_only_the_newest_records_are_kept(settings: Settings) -> None:
    folder = settings.layout.nights
    folder.mkdir(parents=True)
    for number in range(KEPT):
        (folder / f"20150101T000000.{number:06d}.json").touch()
    newest = begun(settings.layout)
    names = sorted(path.stem for path in folder.glob("*.json"))
    assert (len(names), names[0], names[-1]) == (KEPT, "20150101T000000.000001", newest.night_id)


def test_a_home_that_cannot_be_written_does_not_hide_how_the_night_ended(
    settings: Settings, receiver: Receiver
) -> None:
    settings = settings.model_copy(update={"alert_url": Settings(alert_url=receiver.url).alert_url})
    settings.layout.root.touch()
    (warning,) = run(settings, UsageError("no such thing"))
    assert "the record of the night could not be written" in warning
    assert "no such thing" in receiver.got[0]["text"]


# The channel


def failed_night() -> Alert:
    return make_failed_alert(begin_night("cchc nightly").end(4, "not published: MRT-40", None), local_now())


def test_a_message_is_written_and_sent_once(settings: Settings, receiver: Receiver) -> None:
    settings = settings.model_copy(update={"alert_url": Settings(alert_url=receiver.url).alert_url})
    alert = failed_night()
    assert raise_alerts(settings, [alert, alert]) == []
    assert [message["text"] for message in receiver.got] == [alert.text]
    assert receiver.got[0]["steps"][-1] == "chạy lại: cchc nightly"
    (document,) = list_alerts(settings.layout)
    assert document.sent_at is not None


def test_an_unsent_message_is_logged_and_sent_in_the_morning(settings: Settings, receiver: Receiver) -> None:
    settings = settings.model_copy(update={"alert_url": Settings(alert_url=receiver.url).alert_url})
    receiver.answer = 500
    (fault,) = run(settings, UsageError("no such thing"))
    assert "the receiver answered 500" in fault
    assert "hidden" not in fault
    assert len(send_again(settings)) == 1
    receiver.answer = 200
    assert check_morning(settings).faults == ()
    assert [message["kind"] for message in receiver.got] == ["night_failed"]
    assert send_again(settings) == []
    assert len(receiver.got) == 1


def test_several_addresses_each_get_an_alert_once(
    settings: Settings, receiver: Receiver, mail: MailServer, capfd: pytest.CaptureFixture[str]
) -> None:
    mail.is_closed = True
    several = f"{mail.url}&pass=geheim, {receiver.url}"
    settings = settings.model_copy(update={"alert_url": Settings(alert_url=several).alert_url})
    alert = failed_night()
    (fault,) = raise_alerts(settings, [alert])
    assert "CCHC_ALERT_URL, address 1 (mailto): the service did not accept it" in fault
    (kept,) = list_alerts(settings.layout)
    assert (kept.taken_by, kept.sent_at) == (("2 (http)",), None)
    mail.is_closed = False
    assert send_again(settings) == []
    assert len(receiver.got) == 1
    (message,) = mail.got
    assert message["subject"] == alert.title_vi
    assert message["to"] == "truc@tinh.vn"
    body = message.get_body(("plain", "html"))
    assert body is not None
    assert "chạy lại: cchc nightly" in body.get_content()
    (kept,) = list_alerts(settings.layout)
    assert kept.sent_at is not None
    written = (settings.layout.alerts / f"{alert.alert_id}.json").read_text(encoding="utf-8")
    assert not any(secret in text for secret in ("geheim", "hidden") for text in (*capfd.readouterr(), fault, written))


def test_the_doctor_does_not_show_the_addresses(receiver: Receiver, mail: MailServer) -> None:
    settings = Settings(alert_url=f"{receiver.url} {mail.url}")
    assert "hidden" not in _settings(settings)
    assert "tinh.vn" not in _settings(settings)


def test_old_alerts_are_deleted(settings: Settings) -> None:
    new = failed_night()
    raise_alerts(settings, [new, replace(new, alert_id="old", raised_at=local_now() - timedelta(days=91))])
    expire_alerts(settings.layout)
    kept = {path.name for path in settings.layout.alerts.iterdir() if path.suffix in (".json", ".txt")}
    assert kept == {f"{new.alert_id}.json", f"{new.alert_id}.txt"}


@pytest.mark.parametrize(
    ("addresses", "place"),
    [
        ("file:///etc/passwd?token=hidden", 1),
        ("http://127.0.0.1/?token=hidden,mailto://", 2),
        ("hidden", 1),
        ("", 1),
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(
    addresses: str, place: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValidationError, match=f"address {place} must begin with http") as refused:
        Settings(alert_url=addresses)
    assert not any("hidden" in text for text in (*capfd.readouterr(), str(refused.value)))


# The morning


def test_a_morning_without_any_night_raises_one_alert(settings: Settings) -> None:
    found = check_morning(settings)
    assert (found.exit_code, found.sentence) == (1, "no night ran in the last 6 hours")
    assert found.alerts[0].kind == "night_missing"
    check_morning(settings)
    assert len(list_alerts(settings.layout)) == 1


def test_a_night_that_is_still_running_is_reported_with_its_process(settings: Settings) -> None:
    with hold_writer_lock(settings.layout, "cchc nightly"):
        night = begun(settings.layout)
        found = check_morning(settings)
    assert found.exit_code == 5
    assert f"kill {night.pid}" in found.alerts[0].text


def test_a_night_whose_process_is_gone_was_killed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert alert_killed_night(settings) == []
    with monkeypatch.context() as patch:
        patch.setattr("os.getpid", lambda: NO_PROCESS)
        begun(settings.layout)
    alert_killed_night(settings)
    found = check_morning(settings)
    assert (found.exit_code, found.sentence.endswith("was killed")) == (1, True)
    assert [alert.kind for alert in list_alerts(settings.layout)] == ["night_unfinished"]


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (3, 3), (1, 1), (4, 1)])
def test_the_exit_code_of_the_morning_is_that_of_the_last_night(settings: Settings, code: int, expected: int) -> None:
    keep_night(settings.layout, begin_night("cchc nightly").end(1, "the disk is full", None))
    keep_night(settings.layout, begin_night("cchc nightly").end(code, "the inputs changed", None))
    assert check_morning(settings).exit_code == expected
    # A night that failed before and was fixed by hand is not reported again.
    assert len(list_alerts(settings.layout)) == (1 if expected == 1 else 0)


def test_a_night_of_yesterday_does_not_count(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_night(settings.layout, begin_night("cchc nightly").end(0, "the inputs changed", None))
    tomorrow = local_now() + timedelta(days=1)
    monkeypatch.setattr("flows.watch.morning.local_now", lambda: tomorrow)
    assert check_morning(settings).alerts[0].kind == "night_missing"


def test_deliveries_of_a_killed_night_are_reported_in_the_morning(settings: Settings) -> None:
    some_load(settings.layout)
    some_load(settings.layout, 8, loaded_at=local_now() - timedelta(days=30))
    check_morning(settings)
    listed = [alert.deliveries for alert in list_alerts(settings.layout) if alert.kind == "deliveries"]
    assert [[delivery.load_seq for delivery in deliveries] for deliveries in listed] == [[7]]


def test_the_command_prints_the_result_of_the_check(cchc: Cchc, trouble_night: TroubleNight, tmp_path: Path) -> None:
    home = copy_home(trouble_night.home, tmp_path / "home")
    well = cchc(home.root, "morning")
    assert (well.exit_code, well.stderr) == (3, "")
    assert trouble_night.publication_id in well.text
    empty = cchc(tmp_path / "empty", "morning")
    assert empty.exit_code == 1
    assert "chạy ngay: cchc nightly" in empty.text
