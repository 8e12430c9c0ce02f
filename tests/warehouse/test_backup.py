"""Backup, wipe, restore: the same publication, byte for byte; and what no backup and no restored home may contain."""

from __future__ import annotations

import io
import shutil
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.night_homes import HOME_NAME, PLAIN, THREE_AGENCIES, LoadedHome
from tests.support.nights import Cchc, copy_home, read_records
from warehouse.backup import BackupError, restore_backup, write_backup
from warehouse.config import Home
from warehouse.lock import LockHeldError, hold_writer_lock

REGISTRY = THREE_AGENCIES / "registry"


def content_of(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Mode, time and bytes of every file; the target of every link."""
    return {
        str(path.relative_to(folder)): (
            (0, 0, str(path.readlink()).encode())
            if path.is_symlink()
            else (stat.S_IMODE(path.stat().st_mode), int(path.stat().st_mtime), path.read_bytes())
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file() or path.is_symlink()
    }


def test_after_backup_wipe_and_restore_the_publication_is_the_same(
    cchc: Cchc, three_agencies: LoadedHome, tmp_path: Path
) -> None:
    assert three_agencies.outcome.exit_code == 0
    home = copy_home(three_agencies.home, tmp_path / HOME_NAME)
    publication_id, loads = home.current.readlink().name, read_records(home.loads)
    before = {folder: content_of(home.root / folder) for folder in ("publications", "landing", "archive", "inbox")}
    loads = read_records(home.loads)
    saved, key = tmp_path / "home.tar.gz", tmp_path / "key"
    done = cchc(home.root, "backup", str(saved), "--key-to", str(key))
    assert (done.exit_code, done.stderr) == (0, "")
    secret = home.key_file.read_bytes()
    assert (key.read_bytes(), stat.S_IMODE(key.stat().st_mode)) == (secret, 0o400)
    with tarfile.open(saved) as archive:
        names = archive.getnames()
        contents = [archive.extractfile(member).read() for member in archive if member.isfile()]  # type: ignore[union-attr]
    assert not {name.split("/")[0] for name in names} & {"secret", "build", "docs", "staging", "prefect"}
    assert not any(secret in content for content in contents)

    shutil.rmtree(home.root)
    restored = cchc(home.root, "restore", str(saved))
    assert (restored.exit_code, restored.stderr) == (0, "")
    assert "Now put the pseudonym key back" in restored.text
    assert {folder: content_of(home.root / folder) for folder in before} == before
    home.key_file.parent.mkdir(mode=0o700)
    shutil.copy(key, home.key_file)
    night = cchc(home.root, *PLAIN, registry=REGISTRY)
    assert (night.exit_code, night.stderr) == (0, "")
    assert "nothing new: the same inputs are published" in night.stdout
    assert home.current.readlink().name == publication_id
    assert content_of(home.publications) == before["publications"]
    assert read_records(home.loads) == loads


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a few files of every kind."""
    home = Home(tmp_path / HOME_NAME)
    for name, text in {
        "ledger/loads/000001.json": "{}",
        "publications/0001-20151231-00000001/manifest.json": "{}",
        "inbox/dossiers/hoso.csv": "một",
        "archive/00/hoso.csv": "một",
        "secret/pseudonym.key": "the key",
        "other/another.key": "the key",
        "build/warehouse.duckdb": "built",
    }.items():
        (home.root / name).parent.mkdir(parents=True, exist_ok=True)
        (home.root / name).write_text(text, encoding="utf-8")
    home.current.symlink_to("0001-20151231-00000001")
    (home.root / "releases").mkdir()
    (home.root / "releases" / "12-QD").symlink_to("../publications/0001-20151231-00000001")
    return home


def test_the_key_is_left_out_wherever_it_lies_and_deliveries_where_asked(home: Home, tmp_path: Path) -> None:
    saved = tmp_path / "home.tar.gz"
    write_backup(home, saved, home.root / "other" / "another.key", deliveries=False)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    with tarfile.open(saved) as archive:
        assert sorted(member.name for member in archive if not member.isdir()) == [
            "backup.json",
            "ledger/loads/000001.json",
            "publications/0001-20151231-00000001/manifest.json",
            "publications/current",
            "releases/12-QD",
        ]


def test_a_restored_home_has_its_links_and_keeps_the_key_that_was_there(home: Home, tmp_path: Path) -> None:
    saved, fresh = tmp_path / "home.tar.gz", Home(tmp_path / "fresh")
    report = write_backup(home, saved)
    fresh.key_file.parent.mkdir(parents=True)
    fresh.key_file.write_text("put back first")
    assert restore_backup(fresh, saved).files == report.files == 5
    assert fresh.current.readlink() == home.current.readlink()
    assert (fresh.root / "releases" / "12-QD" / "manifest.json").exists()
    assert fresh.key_file.read_text() == "put back first"
    assert not any(fresh.staging.iterdir())


def test_no_backup_is_written_while_a_night_runs(home: Home, tmp_path: Path) -> None:
    with hold_writer_lock(home, "cchc nightly"), pytest.raises(LockHeldError):
        write_backup(home, tmp_path / "home.tar.gz")
    assert not list(tmp_path.glob("*.tar.gz*"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda home: (home.root / "landing").symlink_to("/srv/big"), "is a link out of the home"),
        (lambda home: (home.root.parent / "home.tar.gz").touch(), "exists already"),
    ],
    ids=["link", "in the way"],
)
def test_what_cannot_be_backed_up_whole_is_refused(
    home: Home, tmp_path: Path, spoil: Callable[[Home], None], message: str
) -> None:
    spoil(home)
    with pytest.raises(BackupError, match=message):
        write_backup(home, tmp_path / "home.tar.gz")
    with pytest.raises(BackupError, match="is inside the home"):
        write_backup(home, home.root / "home.tar.gz")
    assert not [path for path in tmp_path.rglob("*.tar.gz*") if path.stat().st_size]


def test_a_used_home_is_not_restored_into(home: Home, tmp_path: Path) -> None:
    saved = tmp_path / "home.tar.gz"
    write_backup(home, saved)
    before = content_of(home.root)
    with pytest.raises(BackupError, match=r"is not empty \(archive, build, .*into an empty home only"):
        restore_backup(home, saved)
    assert content_of(home.root) == before


def rewrite(saved: Path, change: Callable[[tarfile.TarFile, tarfile.TarInfo, bytes], None]) -> None:
    """Write a changed copy of an archive."""
    with tarfile.open(saved) as archive:
        members = [(m, archive.extractfile(m).read() if m.isfile() else b"") for m in archive]  # type: ignore[union-attr]
    with tarfile.open(saved, "w:gz") as archive:
        for member, content in members:
            change(archive, member, content)


def add(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def alter(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    add(archive, member, content.replace("một".encode(), b"hai"))


def lose(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    if member.name != "inbox/dossiers/hoso.csv":
        add(archive, member, content)


def lead_out(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    if member.name == "backup.json":
        add(archive, tarfile.TarInfo("../outside.txt"), b"out")
    add(archive, member, content)


def link_out(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    if member.name == "publications/current":
        member.linkname = "../../outside"
    add(archive, member, content)


def bring_a_key(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    if member.name == "backup.json":
        add(archive, tarfile.TarInfo("secret/pseudonym.key"), b"another")
    add(archive, member, content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (alter, "hoso.csv was altered"),
        (lose, "inbox/dossiers/hoso.csv is missing"),
        (lead_out, "outside"),
        (link_out, "outside"),
        (bring_a_key, "secret/pseudonym.key does not belong into a backup"),
    ],
)
def test_a_backup_that_is_not_what_was_written_restores_nothing(
    home: Home, tmp_path: Path, change: Callable[[tarfile.TarFile, tarfile.TarInfo, bytes], None], message: str
) -> None:
    saved, fresh = tmp_path / "home.tar.gz", Home(tmp_path / "fresh" / "home")
    write_backup(home, saved)
    rewrite(saved, change)
    with pytest.raises(BackupError, match=message):
        restore_backup(fresh, saved)
    assert content_of(fresh.root).keys() <= {"writer.lock"}
    assert not list(tmp_path.rglob("outside*"))


def test_a_backup_cut_off_restores_nothing(home: Home, tmp_path: Path) -> None:
    saved, fresh = tmp_path / "home.tar.gz", Home(tmp_path / "fresh")
    write_backup(home, saved)
    saved.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(BackupError, match="is no backup of a home, or is damaged"):
        restore_backup(fresh, saved)
    assert content_of(fresh.root).keys() <= {"writer.lock"}
