"""Which files count as delivered, in a local folder and on another file system of fsspec."""

import errno
import hashlib
import os
import socket
import time
from datetime import UTC, date, datetime
from pathlib import Path

import fsspec
import pytest

from ingest.contract import load_contracts
from ingest.discover import fetch, list_deliveries, wait_until_settled
from ingest.local_inbox import FetchError
from ingest.period import PeriodError, declared_period
from warehouse.clock import local_time


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox" / "dossiers"
    (folder / "2015").mkdir(parents=True)
    (folder / "b.csv").write_text("b")
    (folder / "2015" / "a.csv").write_text("aa")
    for unfinished in ("~$b.xlsx", ".hidden.csv", "c.csv.part", "d.tmp", "e.CRDOWNLOAD"):
        (folder / unfinished).write_text("x")
    return tmp_path / "inbox"


def test_finished_files_are_listed_by_name_and_half_written_ones_are_not(inbox):
    assert [(d.name, d.size_bytes) for d in list_deliveries(str(inbox), "dossiers")] == [
        ("2015/a.csv", 2),
        ("b.csv", 1),
    ]


def test_an_inbox_that_does_not_exist_yet_is_empty(tmp_path):
    assert list_deliveries(str(tmp_path / "nothing"), "dossiers") == []


def test_a_file_that_grows_is_left_for_the_next_night(inbox):
    listed = list_deliveries(str(inbox), "dossiers")
    (inbox / "dossiers" / "b.csv").write_text("b, and more")
    assert [d.name for d in wait_until_settled(str(inbox), listed, 0)] == ["2015/a.csv"]


def test_old_files_are_not_waited_for(inbox):
    hour_ago = time.time() - 3600
    for path in (inbox / "dossiers").rglob("*.csv"):
        os.utime(path, (hour_ago, hour_ago))
    began = time.monotonic()
    assert len(wait_until_settled(str(inbox), list_deliveries(str(inbox), "dossiers"), 30)) == 2
    assert time.monotonic() - began < 5


def test_a_delivery_is_fetched_with_its_sha256_and_stays_with_the_sender(inbox, tmp_path):
    delivery = list_deliveries(str(inbox), "dossiers")[0]
    target = tmp_path / "copy"
    assert fetch(str(inbox), delivery, target) == hashlib.sha256(b"aa").hexdigest()
    assert target.read_bytes() == b"aa"
    assert (inbox / "dossiers" / "2015" / "a.csv").exists()


def test_whatever_is_no_file_gets_a_reason(inbox, tmp_path):
    folder = inbox / "dossiers"
    outside = tmp_path / "secret" / "pseudonym.key"
    outside.parent.mkdir()
    outside.write_text("the key")
    (folder / "gone.csv").symlink_to("/nonexistent")
    (folder / "loop.csv").symlink_to("loop.csv")
    (folder / "key.csv").symlink_to(outside)
    (folder / "2014").symlink_to(outside.parent)
    (folder / "again").symlink_to(".")
    (folder / "inside.csv").symlink_to("2015/a.csv")
    (folder / "folder.csv").mkdir()
    (folder / "2016").mkdir()
    os.mkfifo(folder / "fifo.csv")
    with socket.socket(socket.AF_UNIX) as bound:
        # The path of a socket has at most 107 bytes.
        here = os.open(folder, os.O_RDONLY)
        bound.bind(f"/proc/self/fd/{here}/socket.csv")
        os.close(here)
    found = {d.name: d.fault or "" for d in list_deliveries(str(inbox), "dossiers")}
    assert found.keys() == {
        *("2014", "2015/a.csv", "again", "b.csv", "fifo.csv", "folder.csv", "gone.csv", "inside.csv", "key.csv"),
        *("loop.csv", "socket.csv"),
    }
    assert "không dẫn đến tệp nào" in found["gone.csv"]
    assert "liên kết vòng" in found["loop.csv"]
    assert "dẫn ra ngoài hộp thư" in found["key.csv"]
    assert "dẫn ra ngoài hộp thư" in found["2014"]
    assert "liên kết đến thư mục" in found["again"]
    assert "đây là thư mục" in found["folder.csv"]
    assert "đường ống (FIFO)" in found["fifo.csv"]
    assert "đây là socket" in found["socket.csv"]
    assert [found[name] for name in ("2015/a.csv", "b.csv", "inside.csv")] == ["", "", ""]
    for delivery in list_deliveries(str(inbox), "dossiers"):
        if delivery.fault:
            with pytest.raises(FetchError, match=r"^(đây|không)"):
                fetch(str(inbox), delivery, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_file_that_another_thing_replaces_is_not_fetched(inbox, tmp_path):
    deliveries = list_deliveries(str(inbox), "dossiers")
    (inbox / "dossiers" / "2015" / "a.csv").write_text("aa, and more")
    (inbox / "dossiers" / "b.csv").unlink()
    with pytest.raises(FetchError, match="thay đổi trong lúc nhận"):
        fetch(str(inbox), deliveries[0], tmp_path / "copy")
    with pytest.raises(FetchError, match="đã bị xóa"):
        fetch(str(inbox), deliveries[1], tmp_path / "copy")
    assert wait_until_settled(str(inbox), deliveries[1:], 0) == deliveries[1:]
    os.mkfifo(inbox / "dossiers" / "b.csv")
    with pytest.raises(FetchError, match="FIFO"):
        fetch(str(inbox), deliveries[1], tmp_path / "copy")
    (inbox / "dossiers" / "b.csv").unlink()
    (inbox / "dossiers" / "b.csv").symlink_to("/etc/hostname")
    with pytest.raises(FetchError, match="liên kết vòng"):
        fetch(str(inbox), deliveries[1], tmp_path / "copy")


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_opened_is_told(inbox, tmp_path, monkeypatch, error):
    def fail(*_):
        raise OSError(error, os.strerror(error))

    delivery = list_deliveries(str(inbox), "dossiers")[0]
    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(FetchError, match="quyền đọc" if error == errno.EACCES else "Input/output error"):
        fetch(str(inbox), delivery, tmp_path / "copy")


def test_a_denied_folder_is_told_once(inbox, monkeypatch):
    original = os.scandir

    def denied(path):
        if str(path).endswith("2015"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return original(path)

    monkeypatch.setattr(os, "scandir", denied)
    found = {d.name: d.fault for d in list_deliveries(str(inbox), "dossiers")}
    assert found.keys() == {"2015", "b.csv"}
    assert "không có quyền đọc" in found["2015"]


def test_a_name_is_stored_as_text_on_one_line(inbox, tmp_path):
    folder = os.fsencode(inbox / "dossiers")
    for name in (b"h\xf4 s\xf5.csv", b"x\nb.csv", b"\x1b[31m.csv", "hồ sơ.csv".encode()):
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(name)
    found = {d.name: d for d in list_deliveries(str(inbox), "dossiers")}
    assert found.keys() == {"2015/a.csv", "b.csv", r"h\xf4 s\xf5.csv", r"x\nb.csv", r"\x1b[31m.csv", "hồ sơ.csv"}
    fetch(str(inbox), found[r"h\xf4 s\xf5.csv"], tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"h\xf4 s\xf5.csv"


def test_deliveries_are_found_on_any_file_system_of_fsspec(tmp_path):
    memory = fsspec.filesystem("memory")
    memory.pipe("/province/dossiers/x.csv", b"content")
    try:
        (delivery,) = list_deliveries("memory://province", "dossiers")
        assert (delivery.name, delivery.size_bytes) == ("x.csv", 7)
        fetch("memory://province", delivery, tmp_path / "x")
        assert (tmp_path / "x").read_bytes() == b"content"
    finally:
        memory.rm("/province", recursive=True)


def test_local_time_is_that_of_the_province_on_any_machine():
    # 02:00 in Khánh Hòa is 19:00 of the day before in London (UTC+7, no summer time).
    assert local_time(datetime(2015, 6, 30, 19, 0, tzinfo=UTC)) == datetime(2015, 7, 1, 2, 0)
    assert local_time(0.0) == datetime(1970, 1, 1, 8, 0), "Saigon was at UTC+8 in 1970"


def test_a_file_that_declares_no_period_is_held():
    contract = load_contracts()["dossiers"]
    assert declared_period(contract, "hoso_20150101_20150630.csv", []) == (date(2015, 1, 1), date(2015, 6, 30))
    assert declared_period(contract, "hoso_20150231_20150630.csv", []) == (None, date(2015, 6, 30))
    titles = ["Từ  ngày 01/01/2015 Đến ngày 31/03/2015"]
    assert declared_period(contract, "x.xlsx", [titles]) == (date(2015, 1, 1), date(2015, 3, 31))
    assert declared_period(load_contracts()["survey_responses"], "phieu_2015.csv", []) == (
        date(2015, 1, 1),
        date(2015, 12, 31),
    )
    with pytest.raises(PeriodError, match="tệp không khai kỳ số liệu"):
        declared_period(contract, "hoso.csv", [["Sổ theo dõi"]])


@pytest.mark.parametrize(
    ("source", "name", "titles", "says"),
    [
        ("assessments", "tu_cham_2015.xlsx", ["BẢNG TỰ CHẤM ĐIỂM CCHC NĂM 2014"], "tên tệp ghi kỳ năm 2015"),
        ("dossiers", "hoso_20150101_20150630.csv", ["Từ ngày 01/01/2014 đến ngày 30/06/2014"], "tên tệp ghi kỳ từ"),
        ("dossiers", "hoso_20150630_20150101.csv", [], "kết thúc trước khi bắt đầu"),
        ("dossiers", "hoso_20150101_20550630.csv", [], "kết thúc sau ngày gửi tệp"),
        ("assessments", "tu_cham_2055.xlsx", [], "kết thúc sau ngày gửi tệp"),
    ],
)
def test_a_period_that_cannot_be_holds_the_file(source, name, titles, says):
    with pytest.raises(PeriodError, match=says):
        declared_period(load_contracts()[source], name, [titles], date(2016, 1, 10))


def test_the_periods_of_quarters_and_a_year_beside_days_agree():
    contracts = load_contracts()
    quarters = [["Từ ngày 01/01/2015 đến ngày 31/03/2015"], ["Từ ngày 01/04/2015 đến ngày 30/06/2015"]]
    first_half = (date(2015, 1, 1), date(2015, 6, 30))
    assert declared_period(contracts["dossiers"], "hoso_20150101_20150630.xlsx", quarters) == first_half
    survey = contracts["survey_responses"]
    campaign = (date(2015, 12, 1), date(2016, 1, 15))
    assert declared_period(survey, "phieu_20151201_20160115.csv", [["KHẢO SÁT HÀI LÒNG NĂM 2015"]]) == campaign
    # Sent in December, a workbook is about the year that has not ended.
    assert declared_period(contracts["assessments"], "tu_cham_2015.xlsx", [[]], date(2015, 12, 15)) == (
        date(2015, 1, 1),
        date(2015, 12, 31),
    )


@pytest.mark.parametrize(
    "title",
    [
        "Bảng tự chấm điểm CCHC theo Quyết định số 12/QĐ-UBND năm 2014",
        "Tự chấm CCHC (kèm theo Quyết định năm 2014 của UBND tỉnh)",
    ],
)
def test_the_year_of_a_decision_is_not_the_period(title):
    contract = load_contracts()["assessments"]
    assert declared_period(contract, "tu_cham_2015.xlsx", [[title]]) == (date(2015, 1, 1), date(2015, 12, 31))
