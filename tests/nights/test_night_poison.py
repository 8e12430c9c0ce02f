"""A night whose inbox holds every kind of poison beside one good file."""

from __future__ import annotations

import io
import os
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.night_homes import PLAIN, THREE_AGENCIES, LoadedHome
from tests.support.nights import Cchc, Outcome, copy_home, read_records, select
from warehouse.config import Home

PERIOD = "_20240101_20240331"
HEADER = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái;Trích yếu"
GOOD = "T99.01-240103-0901"
# What the reason of each poison says; a file whose rows are good for all its name is accepted.
REASONS = {
    f"folder{PERIOD}.csv": "đây là thư mục",
    f"dangling{PERIOD}.csv": "không dẫn đến tệp nào",
    f"loop{PERIOD}.csv": "liên kết vòng",
    f"key{PERIOD}.csv": "dẫn ra ngoài hộp thư",
    "share": "dẫn ra ngoài hộp thư",
    f"fifo{PERIOD}.csv": "đường ống (FIFO)",
    f"socket{PERIOD}.csv": "đây là socket",
    f"denied{PERIOD}.csv": "không có quyền đọc",
    f"huge{PERIOD}.csv": "lớn hơn mức cho phép",
    f"quote{PERIOD}.csv": "quá mức cho phép",
    f"emoji{PERIOD}.json": "",
    f"dot{PERIOD}.xlsx": "trải rộng 16,384 cột",
    f"far{PERIOD}.xlsx": "rất xa bảng số liệu",
    f"texts{PERIOD}.xlsx": "dừng hẳn",
    f"page{PERIOD}.xls": "hàng triệu ô",
    rf"h\xf4 s\xf5{PERIOD}.csv": "",
    f"markup{PERIOD}.zip/x[/b].csv": "",
    f"up{PERIOD}.zip/up.csv": "",
    f"sidecar{PERIOD}.zip/sidecar.json": "",
    f"good{PERIOD}.csv": "",
}


@dataclass(frozen=True)
class PoisonNight:
    home: Home
    outcome: Outcome
    again: Outcome
    n_before: int

    @property
    def loads(self) -> dict[str, dict[str, Any]]:
        """The records of this night's deliveries by name."""
        records = [load for load in read_records(self.home.loads) if load["load_seq"] > self.n_before]
        return {load["original_name"]: load for load in records}


def row(number: int) -> str:
    agency = "Sở Xây dựng"
    return f"T99.01-240103-{number:04};1.000110;{agency};{agency};03/01/2024 08:30;15/01/2024 10:00;Đã xử lý xong;x"


def rows(number: int, repeated: int = 1) -> bytes:
    return "\n".join([HEADER, *(row(number + n) for n in range(repeated)), ""]).encode()


def archive(member: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr(member, content)
    return packed.getvalue()


def workbook(path: Path, *changes: tuple[bytes, bytes]) -> None:
    import xlsxwriter

    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(";"))
        sheet.write_row(1, 0, row(950).split(";"))
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            for before, after in changes:
                content = content.replace(before, after)
            target.writestr(name, content)


@contextmanager
def poisoned(folder: Path, home: Home) -> Iterator[None]:
    """Puts every poison and one good file into a source's folder."""
    (folder / f"good{PERIOD}.csv").write_bytes(rows(901))
    (folder / f"folder{PERIOD}.csv").mkdir()
    (folder / f"dangling{PERIOD}.csv").symlink_to("/nonexistent")
    (folder / f"loop{PERIOD}.csv").symlink_to(f"loop{PERIOD}.csv")
    (folder / f"key{PERIOD}.csv").symlink_to(home.key_file.resolve())
    (folder / "share").symlink_to("/usr")
    os.mkfifo(folder / f"fifo{PERIOD}.csv")
    (folder / f"denied{PERIOD}.csv").write_bytes(rows(902))
    (folder / f"denied{PERIOD}.csv").chmod(0)
    with (folder / f"huge{PERIOD}.csv").open("wb") as sparse:
        sparse.truncate(10 << 40)
    quoted = rows(903).decode() + row(904).replace(";x", ';"x\n') + (row(905) + "\n") * 2_000
    (folder / f"quote{PERIOD}.csv").write_text(quoted, encoding="utf-8")
    cells = [*zip(HEADER.split(";"), row(906).split(";"), strict=True)][:-1]
    emoji = ", ".join(f'"{name}": "{cell}"' for name, cell in cells)
    (folder / f"emoji{PERIOD}.json").write_text(f'[{{{emoji}, "Trích yếu": "\\ud83d"}}]', encoding="utf-8")
    workbook(folder / f"dot{PERIOD}.xlsx", (b"</row>", b'<c r="XFD1" t="str"><v>.</v></c></row>'))
    workbook(
        folder / f"far{PERIOD}.xlsx",
        (b'ref="A1:H2"', b'ref="A1:B2"'),
        (b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
    )
    workbook(folder / f"texts{PERIOD}.xlsx", (b' uniqueCount="', b' uniqueCount="42949672'))
    page = f"<table><tr><td colspan=1000 rowspan=65534>{'x' * 1000}</td></tr>{'<tr></tr>' * 4_000}</table>"
    (folder / f"page{PERIOD}.xls").write_text(page, encoding="utf-8")
    (folder / os.fsdecode(b"h\xf4 s\xf5" + PERIOD.encode() + b".csv")).write_bytes(rows(907))
    (folder / f"markup{PERIOD}.zip").write_bytes(archive("x[\\b].csv".replace("\\", "/"), rows(908)))
    (folder / f"up{PERIOD}.zip").write_bytes(archive("../../../up.csv", rows(909)))
    (folder / f"sidecar{PERIOD}.zip").write_bytes(archive("sidecar.json", rows(910)))
    with socket.socket(socket.AF_UNIX) as bound:
        # The path of a socket has at most 107 bytes.
        here = os.open(folder, os.O_RDONLY)
        bound.bind(f"/proc/self/fd/{here}/socket{PERIOD}.csv")
        os.close(here)
        yield


@pytest.fixture(scope="module")
def night(cchc: Cchc, three_agencies: LoadedHome, tmp_path_factory: pytest.TempPathFactory) -> PoisonNight:
    home = copy_home(three_agencies.home, tmp_path_factory.mktemp("poison") / "home")
    options: dict[str, Any] = {"registry": THREE_AGENCIES / "registry", "obeys_permissions": True}
    n_before = len(read_records(home.loads))
    with poisoned(home.inbox / "dossiers", home):
        return PoisonNight(home, cchc(home.root, *PLAIN, **options), cchc(home.root, *PLAIN, **options), n_before)


def test_the_night_ends_with_exit_3_and_publishes_the_good_file(night: PoisonNight) -> None:
    assert night.outcome.exit_code == 3, night.outcome.text
    assert "Published 0002-" in night.outcome.stdout
    assert "Traceback" not in night.outcome.text
    found = select(night.home, "SELECT dossier_code FROM core.fct_dossier WHERE dossier_code = ?", GOOD)
    assert found == [(GOOD,)]


def test_every_poison_is_in_the_ledger_with_its_reason(night: PoisonNight) -> None:
    assert {name for name, load in night.loads.items() if name not in REASONS} == set()
    told = {name: night.loads[name]["reason"] or "" for name in REASONS}
    assert [name for name, says in REASONS.items() if says not in told[name]] == [], told
    verdicts = {name: load["verdict_status"] for name, load in night.loads.items()}
    assert {name for name, says in REASONS.items() if not says} == {
        name for name, verdict in verdicts.items() if verdict == "accepted"
    }
    assert night.loads[f"emoji{PERIOD}.json"]["rows_quarantined"] == 1
    published = dict(select(night.home, "SELECT load_seq, verdict_status FROM quality.load_ledger"))
    assert {load["load_seq"]: load["verdict_status"] for load in night.loads.values()}.items() <= published.items()


def test_the_key_was_not_archived(night: PoisonNight) -> None:
    key = night.home.key_file.read_bytes()
    assert not [path for path in night.home.archive.rglob("*") if path.is_file() and key.strip() in path.read_bytes()]


def test_the_next_night_tells_nothing_again(night: PoisonNight) -> None:
    assert night.again.exit_code == 0, night.again.text
    assert "No new deliveries." in night.again.stdout


@pytest.mark.parametrize("command", [("status",), ("quarantine", "list"), ("morning",)], ids=" ".join)
def test_commands_print_what_lies_there(cchc: Cchc, night: PoisonNight, command: tuple[str, ...]) -> None:
    shown = cchc(night.home.root, *command, registry=THREE_AGENCIES / "registry")
    assert shown.exit_code in (0, 3), shown.text
    assert "Traceback" not in shown.text
