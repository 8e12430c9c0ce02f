"""Archives: the files they give, the refusals, and the ledger records of both."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from flows.build.building import check_registry_step
from flows.load.loading import collect, conform, judge, land
from flows.night import Night
from ingest.readers.containers import FileLimits, unpack
from ingest.readers.read import UnreadableError
from tests.support.night_homes import THREE_AGENCIES
from tests.support.small_files import write_workbook
from warehouse.config import Settings
from warehouse.ledger import LoadRecord
from warehouse.staging import sweep_staging

LIMITS = FileLimits(max_bytes=8 << 20, max_members=3, max_ratio=200)
BOMB = bytes(4 << 20)


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def locked(archive: bytes) -> bytes:
    """Sets the encryption flag of every member."""
    local, central = archive.index(b"PK\x03\x04"), archive.index(b"PK\x01\x02")
    content = bytearray(archive)
    content[local + 6] |= 1
    content[central + 8] |= 1
    return bytes(content)


def unpacked(folder: Path, content: bytes, name: str = "goi.dat", limits: FileLimits = LIMITS) -> dict[str, bytes]:
    path = folder / name
    path.write_bytes(content)
    members = unpack(path, folder / "members", limits)
    assert all(member.path.is_relative_to(folder / "members") for member in members)
    assert all(member.size_bytes == member.path.stat().st_size for member in members)
    return {member.name: member.path.read_bytes() for member in members}


def test_an_archive_is_unpacked_regardless_of_its_name(tmp_path):
    assert unpacked(tmp_path, zipped(("a.csv", b"1"), ("năm/b.csv", b""))) == {"a.csv": b"1", "năm/b.csv": b""}
    assert unpacked(tmp_path, gzip.compress(b"1"), "a.csv.gz") == {"a.csv": b"1"}
    assert unpacked(tmp_path, b"a;b\n1;2\n", "a.zip") == {}


def test_a_member_name_cannot_leave_the_folder(tmp_path):
    names = ["../../evil.csv", "/etc/passwd", "C:\\Temp\\x.csv"]
    found = unpacked(tmp_path, zipped(*((name, b"1") for name in names)))
    assert list(found) == ["evil.csv", "etc/passwd", "Temp/x.csv"]
    assert {path.name for path in tmp_path.iterdir()} == {"goi.dat", "members"}


def test_files_added_by_operating_systems_are_ignored(tmp_path):
    names = ["__MACOSX/._a.csv", "x/.DS_Store", "Thumbs.db", "~$a.xlsx", "a.csv"]
    assert list(unpacked(tmp_path, zipped(*((name, b"1") for name in names)))) == ["a.csv"]


def test_a_workbook_is_one_file_alone_and_in_an_archive(tmp_path):
    workbook = write_workbook(tmp_path / "x.xlsx", [["a"]]).read_bytes()
    assert unpacked(tmp_path, workbook, "x.zip") == {}
    assert list(unpacked(tmp_path, zipped(("x.xlsx", workbook)))) == ["x.xlsx"]
    assert unpacked(tmp_path, workbook[:-100]) == {}, "the reader of workbooks says that it is cut off"


REFUSED = {
    "a zip in a zip": (zipped(("b.zip", zipped(("a.csv", b"1")))), r"lại có tệp nén khác .«b.zip»"),
    "a zip in gzip": (gzip.compress(zipped(("a.csv", b"1"))), "lại có tệp nén khác"),
    "gzip in a zip": (zipped(("a.gz", gzip.compress(b"1"))), r"lại có tệp nén khác .«a.gz»"),
    "a zip cut off": (zipped(("a.csv", os.urandom(999)))[:500], "bị cắt ngang hoặc hỏng"),
    "a zip with a damaged file": (zipped(("a.csv", b"1234")).replace(b"a.csv", b"b.csv", 1), "bị cắt ngang hoặc hỏng"),
    "gzip cut off": (gzip.compress(os.urandom(999))[:500], "bị cắt ngang hoặc hỏng"),
    "a zip of nothing": (zipped(), "không có tệp nào"),
    "a zip of folders": (zipped(("x/", b"")), "không có tệp nào"),
    "too many files": (zipped(*((f"{n}.csv", b"1") for n in range(4))), "có 4 tệp, quá 3"),
    "one name twice": (zipped(("x/../a.csv", b"1"), ("x/a.csv", b"2")), "hai tệp trùng tên"),
    "a password": (locked(zipped(("a.csv", b"1"))), "tệp nén có mật khẩu"),
    "RAR": (b"Rar!\x1a\x07\x01\x00", "tệp nén RAR không đọc được"),
    "a zip bomb": (zipped(("a.csv", BOMB)), "gấp hơn 200 lần"),
    "a gzip bomb": (gzip.compress(BOMB), "gấp hơn 200 lần"),
    "a workbook that is a bomb": (zipped(("[Content_Types].xml", b""), ("xl/a.xml", BOMB)), "gấp hơn 200 lần"),
    "such a workbook in a zip": (
        zipped(("x.xlsx", zipped(("[Content_Types].xml", b""), ("xl/a.xml", BOMB)))),
        "gấp hơn 200 lần",
    ),
    "more than fits": (zipped(*((f"{n}.csv", os.urandom(3 << 20)) for n in range(3))), r"8 MB, cả sau khi giải nén"),
    "a large file": (bytes(9 << 20), r"8 MB, cả sau khi giải nén"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_unsafe_archives_are_refused_whole_with_a_reason(name, tmp_path):
    content, message = REFUSED[name]
    with pytest.raises(UnreadableError, match=message):
        unpacked(tmp_path, content)


@pytest.mark.parametrize("member", ["xl/a.xml", "a.csv"])
def test_a_false_declared_size_is_detected(member, tmp_path):
    truth, lie = struct.pack("<I", len(BOMB)), struct.pack("<I", 100)
    content = zipped(("[Content_Types].xml" if member.startswith("xl") else "b.csv", b""), (member, BOMB))
    assert content.count(truth) == 2
    with pytest.raises(UnreadableError, match=r"gấp hơn 200 lần|bị cắt ngang hoặc hỏng"):
        unpacked(tmp_path, content.replace(truth, lie), limits=FileLimits(1 << 20, 3, 200))


HEADER = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái"
ROW = "T99.01-240103-{};1.000110;Sở Xây dựng;Sở Xây dựng;{};15/01/2024 10:00;Đã xử lý xong"


def csv_of(*rows: tuple[str, str]) -> bytes:
    return "\n".join([HEADER, *(ROW.format(*row) for row in rows), ""]).encode()


@pytest.fixture
def settings(tmp_path) -> Settings:
    home = tmp_path / "home"
    (home / "inbox" / "dossiers").mkdir(parents=True)
    return Settings(home=home, registry=THREE_AGENCIES / "registry", settle_seconds=0, max_members=2)


def load_inbox(settings: Settings, kill_after: int | None = None) -> list[LoadRecord]:
    """Runs the load steps of a night; with `kill_after` it stops after that many files."""
    night = Night(settings)
    sweep_staging(night.home)
    check_registry_step(night)
    judged = judge(night, "dossiers", conform(night, "dossiers", collect(night, "dossiers")))
    return land(night, "dossiers", judged[:kill_after])


def ends(records: list[LoadRecord]) -> list[tuple[str, str, int]]:
    return [(record.original_name, record.verdict_status, record.rows_accepted) for record in records]


def test_a_zip_of_two_files_becomes_two_loads_once(settings):
    first = csv_of(("00001", "03/01/2024 08:30"), ("00002", "04/01/2024 08:30"))
    second = csv_of(("00003", "05/01/2024 08:30"))
    goi = settings.layout.inbox / "dossiers" / "goi_20240101_20240331.zip"
    goi.write_bytes(zipped(("tep_20240101_20240131.csv", first), ("quy.csv", second)))
    records = load_inbox(settings)
    assert ends(records) == [
        (f"{goi.name}/tep_20240101_20240131.csv", "accepted", 2),
        (f"{goi.name}/quy.csv", "accepted", 1),
    ]
    # The period comes from the name of the file, or else from the name of the archive.
    assert [str(record.data_until) for record in records] == ["2024-01-31", "2024-03-31"]
    assert {(record.container, record.container_size, record.container_members) for record in records} == {
        (goi.name, goi.stat().st_size, 2)
    }
    assert load_inbox(settings) == []
    (settings.layout.inbox / "dossiers" / "again_20240101_20240131.csv").write_bytes(first)
    assert ends(load_inbox(settings)) == [("again_20240101_20240131.csv", "known", 0)]


def test_the_next_run_completes_an_archive_after_a_kill_between_its_files(settings):
    goi = settings.layout.inbox / "dossiers" / "goi_20240101_20240331.zip"
    files = [csv_of((f"0000{number}", "03/01/2024 08:30")) for number in range(2)]
    goi.write_bytes(zipped(("a.csv", files[0]), ("b.csv", files[1])))
    assert ends(load_inbox(settings, kill_after=1)) == [(f"{goi.name}/a.csv", "accepted", 1)]
    assert ends(load_inbox(settings)) == [(f"{goi.name}/b.csv", "accepted", 1)]
    assert load_inbox(settings) == []


def test_an_unreadable_archive_gives_one_record_with_its_reason(settings):
    goi = settings.layout.inbox / "dossiers" / "goi.zip"
    goi.write_bytes(zipped(*((f"{number}.csv", b"1") for number in range(3))))
    (record,) = load_inbox(settings)
    assert (record.original_name, record.verdict_status, record.container) == ("goi.zip", "unreadable", None)
    assert record.reason == "tệp nén có 3 tệp, quá 2; đề nghị chia nhỏ rồi gửi lại"
    assert load_inbox(settings) == []
