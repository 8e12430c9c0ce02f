"""A column that appears or vanishes since the previous delivery is reported; the file is not held."""

from __future__ import annotations

import io
from pathlib import Path

from flows.build.building import Decision, check_registry_step
from flows.cli.console import PlainConsole
from flows.cli.views import show_quarantine, show_status
from flows.load.columns import EarlierLoads, kind_of, standing_changes
from flows.load.loading import collect, conform, judge, land
from flows.load.source_check import check_file, show_check
from flows.night import Night
from flows.steps import NightReport
from flows.watch.report import night_table
from tests.support.night_homes import THREE_AGENCIES
from warehouse.config import Settings
from warehouse.ledger import ColumnChanges, Ledger

COLUMNS = {
    "Mã hồ sơ": "T99.01-240103-0001",
    "Mã TTHC": "1.000110",
    "Đơn vị tiếp nhận": "Sở Xây dựng",
    "Đơn vị giải quyết": "Sở Xây dựng",
    "Ngày tiếp nhận": "03/01/2024 08:30",
    "Trạng thái": "Đang xử lý",
    "Ngày kết thúc xử lý": "",
    "Hình thức nộp": "Trực tiếp",
    "Trích yếu": "mẫu",
}
FOUND = "so với tệp trước (dossiers-1): không còn cột «Trích yếu»; có thêm cột «STT», «Email»"


def write(path: Path, cells: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{';'.join(cells)}\n{';'.join(cells.values())}\n", encoding="utf-8")
    return path


def changed() -> dict[str, str]:
    """One column gone, two more, and one under another of its names."""
    cells = {("Mã thủ tục" if name == "Mã TTHC" else name): text for name, text in COLUMNS.items()}
    del cells["Trích yếu"]
    return cells | {"STT": "1", "Email": ""}


def test_a_changed_column_is_shown_in_every_report(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", registry=THREE_AGENCIES / "registry", settle_seconds=0)
    inbox = settings.layout.inbox / "dossiers"
    write(inbox / "hoso_20240101_20240131.csv", COLUMNS)
    write(inbox / "huyen_20240101_20240131.csv", {n: t for n, t in COLUMNS.items() if n != "Hình thức nộp"})
    write(inbox / "hoso_20240101_20240229.csv", changed())
    night, source = Night(settings), "dossiers"
    check_registry_step(night)
    land(night, source, judge(night, source, conform(night, source, collect(night, source))))
    changes = {load.original_name: load.changes for load in night.loads}
    assert changes == {
        "hoso_20240101_20240131.csv": None,
        "huyen_20240101_20240131.csv": None,
        "hoso_20240101_20240229.csv": ColumnChanges("dossiers-1", ["STT", "Email"], ["Trích yếu"]),
    }
    (load,) = (load for load in Ledger(settings.layout).loads() if load.changes)
    assert (load.verdict_status, load.rows_accepted) == ("accepted", 1)
    assert load.reason == FOUND
    shown = PlainConsole(file=io.StringIO(), width=200)
    shown.print(night_table(NightReport(night, Decision(False, "nothing new"), None)))
    show_status(shown, settings)
    show_quarantine(shown, settings)
    late = write(tmp_path / "hoso_20240101_20240331.csv", COLUMNS | {"Mã hồ sơ": "T99.01-240103-0002"})
    show_check(shown, check_file(settings, late, source), night.contracts, night.rules)
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    assert text.count(FOUND) == 3
    assert f"Ghi chú    so với tệp trước (dossiers-{load.load_seq}): không còn cột «STT», «Email»;" in text
    assert [load.original_name for load in standing_changes(night.loads)] == ["hoso_20240101_20240229.csv"]
    # A file that is judged again is still compared with the delivery before it.
    earlier = EarlierLoads(night.loads)
    first = next(load for load in night.loads if load.original_name == "hoso_20240101_20240131.csv")
    assert earlier.before("hoso_20240101_20240430.csv") == load
    assert earlier.before(load.original_name, load) == first
    assert earlier.before(first.original_name, first) is None


def test_only_digits_differ_between_the_exports_of_one_sender() -> None:
    assert kind_of("HoSo_2015_quy1.xlsx") == kind_of("hoso_2016_quy12.xlsx") != kind_of("hoso_huyen_2015_quy1.xlsx")
