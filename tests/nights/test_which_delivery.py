"""Which of several deliveries counts: the time of delivery decides, not the name, and a sender may go back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from flows.build.building import check_registry_step
from flows.load.loading import collect, conform, judge, land
from flows.load.source_check import check_file
from flows.night import Night
from tests.support.night_homes import HOME_NAME, THREE_AGENCIES
from tests.support.registries import DEMO
from warehouse.config import Settings
from warehouse.ledger import Ledger, LoadRecord
from warehouse.staging import sweep_staging

CASES = Path(__file__).resolve().parents[1] / "nasty" / "cases" / "inbox"
HEADER = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái"
# 01/04/2024 00:00 in Vietnam; each file is delivered some hours later.
MIDNIGHT = 1_711_904_400


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / HOME_NAME, registry=THREE_AGENCIES / "registry", settle_seconds=0)


def write(settings: Settings, name: str, hour: int, day: int, code: str = "T99.01-240103-0001") -> Path:
    """Delivers one dossier that was finished on a day of March."""
    path = settings.layout.inbox / "dossiers" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    row = f"{code};1.000110;Sở Xây dựng;Sở Xây dựng;03/01/2024 08:30;{day:02}/03/2024 10:00;Đã xử lý xong"
    path.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    os.utime(path, (MIDNIGHT + hour * 3600,) * 2)
    return path


def load_inbox(settings: Settings, source: str = "dossiers") -> list[LoadRecord]:
    night = Night(settings)
    sweep_staging(night.home)
    check_registry_step(night)
    return land(night, source, judge(night, source, conform(night, source, collect(night, source))))


def counting(settings: Settings) -> list[str]:
    """Names of the deliveries that count, the one that wins last."""
    return [load.original_name for load in Ledger(settings.layout).loads() if load.counts]


def test_of_two_files_of_one_night_the_later_delivered_wins(tmp_path):
    settings = Settings(home=tmp_path / HOME_NAME, registry=DEMO, settle_seconds=0)
    inbox = settings.layout.inbox / "assessments"
    inbox.mkdir(parents=True)
    for hour, name in enumerate(["tu_cham_SNV_2015.xlsx", "sua_tu_cham_SNV_2015.xlsx"]):
        shutil.copyfile(CASES / "assessments" / name, inbox / name)
        os.utime(inbox / name, (1_452_560_400 + hour * 7200,) * 2)
    records = load_inbox(settings, "assessments")
    assert [record.verdict_status for record in records] == ["accepted", "accepted"]
    assert counting(settings) == ["tu_cham_SNV_2015.xlsx", "sua_tu_cham_SNV_2015.xlsx"]


def test_the_first_version_sent_again_after_a_correction_counts(settings):
    write(settings, "dau_20240101_20240331.csv", 1, day=11)
    load_inbox(settings)
    write(settings, "sua_20240101_20240331.csv", 2, day=12)
    load_inbox(settings)
    again = write(settings, "lai_20240101_20240331.csv", 3, day=11)
    assert [checked.record.verdict_status for checked in check_file(settings, again)] == ["accepted"]
    (record,) = load_inbox(settings)
    assert (record.verdict_status, record.rows_accepted, record.load_seq) == ("accepted", 1, 3)
    assert counting(settings) == ["sua_20240101_20240331.csv", "lai_20240101_20240331.csv"]
    first = Ledger(settings.layout).loads()[0]
    assert (first.superseded_by, first.load_id) == (3, record.load_id)
    write(settings, "lai_nua_20240101_20240331.csv", 4, day=11)
    (record,) = load_inbox(settings)
    assert (record.verdict_status, record.reason) == ("known", "cùng nội dung với dossiers-3")


def test_within_one_night_the_version_that_came_last_counts(settings):
    write(settings, "a_20240101_20240331.csv", 1, day=11)
    write(settings, "b_20240101_20240331.csv", 2, day=12)
    write(settings, "c_20240101_20240331.csv", 3, day=11)
    assert [(one.original_name[0], one.verdict_status) for one in load_inbox(settings)] == [
        ("a", "known"),
        ("b", "accepted"),
        ("c", "accepted"),
    ]
    assert counting(settings) == ["b_20240101_20240331.csv", "c_20240101_20240331.csv"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("khac_20240101_20240331.csv", "T99.01-240103-0002"), ("thang_20240101_20240430.csv", "T99.01-240103-0001")],
)
def test_the_same_bytes_are_known_where_no_other_version_of_that_day_came(settings, name, code):
    write(settings, "dau_20240101_20240331.csv", 1, day=11)
    write(settings, name, 720, day=12, code=code)
    load_inbox(settings)
    write(settings, "lai_20240101_20240331.csv", 721, day=11)
    assert [record.verdict_status for record in load_inbox(settings)] == ["known"]
