"""A person's name, address and number are nowhere outside the archive, wherever a sender typed them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.build.building import check_registry_step
from flows.build.inputs import write_ledger
from flows.cli.console import PlainConsole
from flows.cli.views import show_quarantined_rows
from flows.load.loading import collect, conform, judge, land
from flows.load.source_check import check_file
from flows.night import Night
from flows.watch.alerts import make_deliveries_alert
from flows.watch.channel import raise_alerts
from tests.support.night_homes import THREE_AGENCIES
from tests.support.scanner import Needles, scan
from tests.support.small_files import write_workbook
from warehouse.clock import local_now
from warehouse.config import Settings
from warehouse.ledger import LoadRecord, RunRecord
from warehouse.staging import sweep_staging

NAME, ADDRESS, NUMBER = "tô thị mô phỏng lộ", "12/7 lê lợi, vạn thắng", "079123456789"
NEEDLES = Needles([NAME, ADDRESS, NUMBER])
HEADERS = (
    "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Trạng thái;Ngày kết thúc xử lý;"
    "Chủ hồ sơ;Số giấy tờ"
)
GOOD = "T99.01-240103-0001;1.000110;Sở Xây dựng;Sở Xây dựng;03/01/2024 08:30;Đang xử lý;;A;1"
SHIFTED = (
    f"{NAME};1.000110;Sở Xây dựng;{ADDRESS};03/01/2024 08:30;{NAME};;;",
    f"T99.01-240103-0003;1.000110;Sở Xây dựng;Sở Xây dựng;{ADDRESS};Đang xử lý;{NUMBER};{NAME};{NUMBER}",
)
PERIOD = "_20240101_20240131"


def csv_of(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def shifted_rows(folder: Path) -> None:
    (folder / f"lech{PERIOD}.csv").write_bytes(csv_of(HEADERS, GOOD, *SHIFTED))


def rows_above_the_header(folder: Path) -> None:
    top = [f"Người lập: {NAME}, {ADDRESS}", f"{NAME};{NUMBER}", HEADERS, GOOD]
    (folder / f"tren{PERIOD}.csv").write_bytes(csv_of(*top))
    rows = [line.split(";") for line in top]
    second = [*rows, [], [NAME, ADDRESS], HEADERS.split(";")[::-1], GOOD.split(";")[::-1]]
    write_workbook(folder / f"hai{PERIOD}.xlsx", second)


def unknown_headers(folder: Path) -> None:
    for place, header in enumerate((NAME.title(), f"CCCD {NUMBER}", "thôn Đại Lợi 12/7 Lê Lợi, Vạn Thắng")):
        (folder / f"cot{place}{PERIOD}.csv").write_bytes(csv_of(f"{HEADERS};{header}", f"{GOOD};x"))


def sheets(folder: Path) -> None:
    rows = [line.split(";") for line in (HEADERS, GOOD)]
    write_workbook(folder / f"trang{PERIOD}.xlsx", [[NAME], [ADDRESS], ["a", "b"]], rows, names=[NAME, f"x {NAME}"])


def names_of_files(folder: Path) -> None:
    (folder / f"{NUMBER}{PERIOD}.csv").write_bytes(csv_of(HEADERS))
    with zipfile.ZipFile(folder / f"nen{PERIOD}.zip", "w") as archive:
        archive.writestr(f"{NUMBER}{PERIOD}.csv", csv_of(HEADERS, GOOD))
        archive.writestr(f"079123456780{PERIOD}.csv", csv_of(HEADERS, GOOD.replace("0001", "0002")))


@pytest.mark.parametrize("leak", [shifted_rows, rows_above_the_header, unknown_headers, sheets, names_of_files])
def test_no_personal_text_leaves_the_archive(tmp_path: Path, leak: Callable[[Path], None]) -> None:
    settings, loads = load_all(tmp_path, leak)
    home = settings.layout
    assert loads
    raise_alerts(settings, [make_deliveries_alert(loads, local_now(), None)])
    shown = PlainConsole(file=io.StringIO(), width=200)
    for load in loads:
        if load.rows_quarantined:
            show_quarantined_rows(shown, settings, load.load_seq, 50)
    assert NEEDLES.find_in((shown.file.getvalue() + "  ").encode()) == set()  # type: ignore[attr-defined]
    found = {name.split("/")[0] for name in scan(home.root, NEEDLES)}
    assert found <= {"archive", "inbox"}
    # A workbook is compressed, and only the numbers in a name are masked.
    assert "inbox" in found or leak in (names_of_files, sheets)


def test_a_row_set_aside_shows_what_an_operator_needs(tmp_path: Path) -> None:
    settings, (load,) = load_all(tmp_path, shifted_rows)
    shown = PlainConsole(file=io.StringIO(), width=200)
    show_quarantined_rows(shown, settings, load.load_seq, 50)
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    assert "T99.01-240103-0003" in text
    assert "cột «Trạng thái» ghi «••• (18 ký tự)»" in text
    elsewhere = settings.model_copy(update={"home": tmp_path / "elsewhere"})
    (checked,) = check_file(elsewhere, settings.layout.inbox / "dossiers" / f"lech{PERIOD}.csv", "dossiers")
    assert any(f"ghi «{NAME}»" in row.detail for row in checked.rows), "who checks a file has it before him"


def test_a_name_in_the_name_of_a_file_stays_in_the_ledger(tmp_path: Path) -> None:
    def named(folder: Path) -> None:
        for place, text in enumerate((GOOD, GOOD.replace("Đang xử lý", "xong"))):
            (folder / f"{NAME} {place}{PERIOD}.csv").write_bytes(csv_of(HEADERS, text))

    settings, loads = load_all(tmp_path, named)
    home = settings.layout
    raise_alerts(settings, [make_deliveries_alert(loads, local_now(), None)])
    assert not any(NAME in (load.reason or "") for load in loads)
    assert {load.original_name for load in loads} == {f"{NAME} {place}{PERIOD}.csv" for place in (0, 1)}
    today = local_now()
    run = RunRecord("0001-20240131-00000000", today, today.date(), "", "", "", 0, [])
    write_ledger(home.root / "build", loads, [], run, today.date())
    found = scan(home.root, NEEDLES)
    assert {name.split("/")[0] for name in found} == {"archive", "inbox", "ledger", "landing"}
    assert all(name.endswith("_load.json") for name in found if name.startswith("landing"))


def load_all(folder: Path, deliver: Callable[[Path], None]) -> tuple[Settings, list[LoadRecord]]:
    settings = Settings(home=folder / "home", registry=THREE_AGENCIES / "registry", settle_seconds=0)
    inbox = settings.layout.inbox / "dossiers"
    inbox.mkdir(parents=True)
    deliver(inbox)
    night, source = Night(settings), "dossiers"
    check_registry_step(night)
    loads = land(night, source, judge(night, source, conform(night, source, collect(night, source))))
    sweep_staging(settings.layout)
    return settings, loads
