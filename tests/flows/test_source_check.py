"""`cchc source check`: the verdict of a night without changes to the home."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from expectations.rules import load_rules
from flows.cli.console import PlainConsole
from flows.cli.source import source
from flows.failures import UsageError
from flows.load.source_check import BadRow, Checked, check_file, show_check
from ingest.contract import load_contracts
from tests.support.night_homes import HOME_NAME
from warehouse.config import Home, Settings
from warehouse.ledger import Ledger, LoadRecord

HEADER = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái;Chủ hồ sơ"
ROW = "STP-15-00000{};KH-STP-01;Sở Tư pháp;{};02/03/2015 09:00;10/03/2015 08:30;Đã trả kết quả;LÊ MÔ PHỎNG"
NOON = datetime(2015, 7, 1, 12)


def write_log(folder: Path, *agencies: str, header: str = HEADER, name: str = "hoso_20150101_20150630.csv") -> Path:
    folder.mkdir(exist_ok=True)
    rows = [ROW.format(number, agency) for number, agency in enumerate(agencies, 1)]
    path = folder / name
    path.write_text("\r\n".join([header, *rows, ""]), encoding="utf-8", newline="")
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CCHC_HOME", str(tmp_path / HOME_NAME))
    return tmp_path / HOME_NAME


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(source, ["check", *map(str, arguments)])


def test_a_good_file_is_accepted_and_nothing_is_written(home: Path, tmp_path: Path) -> None:
    outcome = run(write_log(tmp_path / "dossiers", "Sở Tư pháp"))
    assert (outcome.exit_code, outcome.output.splitlines()[0]) == (0, "hoso_20150101_20150630.csv: sẽ được nhận")
    assert not home.exists()


def test_a_bad_row_is_shown_with_what_to_fix(tmp_path: Path) -> None:
    outcome = run(write_log(tmp_path / "dossiers", "Sở Tư pháp", "Sở Tư Phap"))
    assert outcome.exit_code == 3
    assert outcome.output.splitlines()[-4:] == [
        "Dòng 3  STP-15-000002",
        "  DOS-05  Cơ quan giải quyết có trong sổ đăng ký cơ quan vào ngày tiếp nhận.",
        "  Trong tệp: cột «Đơn vị giải quyết» ghi «Sở Tư Phap»",
        "  Việc cần làm: ghi tên cơ quan như trong sổ đăng ký; nếu tên đó đúng, đề nghị Sở Nội vụ bổ sung tên gọi",
    ]
    assert "LÊ MÔ PHỎNG" not in outcome.output


def test_a_row_gets_the_verdict_of_its_own_fault_and_none_about_its_agency(tmp_path: Path) -> None:
    path = write_log(tmp_path / "dossiers", *["Sở Tư pháp"] * 4)
    first, second, third, fourth, last = path.read_bytes().split(b"\r\n", 5)[:5]
    broken = third.replace(b"02/03/2015 09:00", b"31/02/2015"), fourth.replace("ph\u00e1p".encode(), b"ph\xe1p", 1)
    path.write_bytes(b"\r\n".join([first, second.replace(b"02/03/2015 09:00", b""), *broken, last, b""]))
    (checked,) = check_file(Settings(), path)
    assert [(row.line, row.rule_codes) for row in checked.rows] == [(3, ["ING-02"]), (4, ["ING-01"])]
    assert (checked.record.rows_accepted, checked.record.encoding) == (2, "utf-8")
    assert broken_rules(checked) == {"ING-01": 1, "ING-02": 1, "DOS-03": 1}


def test_an_event_without_its_time_is_not_reported_without_an_agency(tmp_path: Path) -> None:
    path = tmp_path / "dossier_events" / "sukien_20150101_20150630.csv"
    path.parent.mkdir()
    lines = ["Mã hồ sơ;Loại sự kiện;Thời điểm;Đơn vị"]
    lines += ["STP-15-000001;Tiếp nhận;;Sở Tư pháp", "STP-15-000002;Tiếp nhận;02/03/2015 09:00;Sở Nào Đó"]
    path.write_text("\n".join(lines), encoding="utf-8")
    (checked,) = check_file(Settings(), path)
    assert [(row.line, row.rule_codes) for row in checked.rows] == [(2, ["EVT-04"])]
    assert broken_rules(checked) == {"EVT-04": 1, "EVT-06": 1}


def broken_rules(checked: Checked) -> dict[str, int]:
    return {rule.rule_code: rule.n_failed for rule in checked.record.rules if rule.n_failed}


def test_a_line_is_broken_between_words_and_only_on_a_terminal() -> None:
    bad = BadRow(4, "STP-15-000003", ["DOS-05", "ING-01"], f"cột «Đơn vị giải quyết» ghi «{'Sở Tư pháp ' * 9}»")
    record = LoadRecord(1, "0", "dossiers", "so.csv", "0", 1, NOON, NOON, "1", "held", "một lý do dài " * 9)
    shown = {}
    for is_terminal in (True, False):
        out = io.StringIO()
        console = PlainConsole(file=out, width=80, force_terminal=is_terminal, color_system=None)
        show_check(console, [Checked(replace(record, encoding="vni"), [bad])], load_contracts(), load_rules())
        shown[is_terminal] = out.getvalue()
    assert "Bảng mã    vni; chữ được chuyển sang Unicode khi nạp\n" in shown[True]
    assert max(map(len, shown[True].splitlines())) <= 80 < max(map(len, shown[False].splitlines()))
    assert shown[True].split() == shown[False].split()
    below = shown[True].split("Lý do      ")[1].splitlines()[1]
    assert (below[:11].strip(), below[11] != " ") == ("", True)
    assert "\n\nDòng 4  STP-15-000003\n" in shown[True]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a_20150101_20150630.pdf", b"%PDF-1.7", "đây là tệp PDF"),
        ("a_20150101_20150630.csv", b"", "tệp rỗng"),
        ("a.csv", "\n".join([HEADER, ROW.format(1, "STP")]).encode(), "tệp không khai kỳ số liệu"),
        ("a_20150101_20150630.csv", HEADER.replace("Mã TTHC", "Ma so").encode() + b"\n1;2;3;4;5;6;7;8\n", "«Mã TTHC»"),
    ],
)
def test_a_refused_file_has_a_reason(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    outcome = run(path, "--source", "dossiers")
    assert outcome.exit_code == 3
    assert message in outcome.output


def test_a_file_that_was_accepted_before_loads_nothing_again(home: Path, tmp_path: Path) -> None:
    path = write_log(tmp_path / "dossiers", "Sở Tư pháp")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    Ledger(Home(home)).append_load(
        LoadRecord(1, sha256[:16], "dossiers", "cu.csv", sha256, 1, NOON, NOON, "1", "accepted")
    )
    (checked,) = check_file(Settings(), path)
    assert (checked.record.verdict_status, checked.record.reason) == (
        "known",
        "cùng nội dung với cu.csv, đã nạp trước đây",
    )


def test_the_source_is_the_one_whose_headers_fit(tmp_path: Path) -> None:
    (checked,) = check_file(Settings(), write_log(tmp_path / "elsewhere", "Sở Tư pháp"))
    assert checked.record.source == "dossiers"


def test_a_file_of_no_source_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="không có dòng tiêu đề của nguồn nào; ghi rõ nguồn bằng --source"):
        check_file(Settings(), write_log(tmp_path / "elsewhere", header="Cột một;Cột hai"))


def test_a_file_of_two_sources_asks_which(tmp_path: Path) -> None:
    log = load_contracts()["dossiers"]
    two_sources = {"dossiers": log, "logs": log.model_copy(update={"source": "logs"})}
    with pytest.raises(UsageError, match="hợp như nhau với các nguồn: dossiers, logs; ghi rõ nguồn bằng --source"):
        check_file(Settings(), write_log(tmp_path / "elsewhere", "STP"), contracts=two_sources)


def test_a_source_or_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="không có nguồn 'letters'"):
        check_file(Settings(), write_log(tmp_path / "elsewhere", "STP"), "letters")
    with pytest.raises(UsageError, match="không có tệp"):
        check_file(Settings(), tmp_path / "gone.csv")
