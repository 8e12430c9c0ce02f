"""Backup and restore of a province's home: one .tar.gz with the sha256 of every file, without files that can be built
again. The pseudonym key is never inside, because a backup with the key would allow to re-identify people.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from pydantic.dataclasses import dataclass
from pydantic_core import to_json

from warehouse.clock import local_now
from warehouse.config import Home
from warehouse.files import flush
from warehouse.lock import hold_writer_lock
from warehouse.publication.sealing import FileSeal, name_damage
from warehouse.records import RecordError, read_record
from warehouse.transaction import Transaction, decided_transactions

MANIFEST = "backup.json"
# Built again by the next night, or private to Prefect.
BUILT_AGAIN = frozenset({"build", "docs", "prefect", "staging", "writer.lock", "writer.json"})
SECRET = "secret"
_RESTORE = "restore"
DELIVERIES = frozenset({"archive", "inbox"})


class BackupError(RuntimeError):
    """A backup cannot be written, read or restored; nothing was changed."""


@dataclass(frozen=True)
class BackupReport:
    """Counts of a written or restored backup."""

    path: Path
    files: int
    size_bytes: int
    current_id: str | None


@dataclass(frozen=True)
class BackupIndex:
    """The index of a backup: every file with its seal, and the current publication."""

    format: Literal[1]
    written_at: datetime
    current_id: str | None
    files: dict[str, FileSeal]


def write_backup(home: Home, target: Path, key_file: Path | None = None, *, deliveries: bool = True) -> BackupReport:
    """Writes everything below the home that cannot be built again to `target`, completely or not at all.

    Left out: build, docs, prefect, staging, the key; without `deliveries`, also inbox and archive. Raises BackupError
    (no home, the target exists or is inside the home, a link leads out of the home), LockHeldError.
    """
    target = target.expanduser().absolute()
    if not home.root.is_dir():
        raise BackupError(f"there is no home at {home.root}")
    if home.root in target.resolve().parents:
        raise BackupError(f"{target} is inside the home; write the backup to another disk or machine")
    if target.exists():
        raise BackupError(f"{target} exists already; name another file")
    if not target.parent.is_dir():
        raise BackupError(f"there is no folder {target.parent}")
    left_out = BUILT_AGAIN | {SECRET} | (frozenset() if deliveries else DELIVERIES)
    draft = target.with_name(f".{target.name}.tmp")
    with hold_writer_lock(home, "cchc backup"):
        try:
            # Deliveries contain names and identity numbers.
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as archive:
                report = _fill(archive, home, target, _paths(home, left_out, key_file))
            flush(draft)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    flush(target.parent)
    return report


def restore_backup(home: Home, source: Path) -> BackupReport:
    """Unpacks a backup into an empty home, after every file was checked against the backup's index.

    A key that is already there stays. A restore that was killed is finished. Raises BackupError (the home is not empty,
    the file is no backup or is damaged), LockHeldError.
    """
    if not source.is_file():
        raise BackupError(f"there is no file {source}")
    was_killed = _RESTORE in decided_transactions(home)
    if not was_killed:
        _refuse_used(home)
    with hold_writer_lock(home, "cchc restore"):
        transaction = Transaction(home, _RESTORE)
        try:
            index = _unpack(source, transaction.new)
            # Taking the lock has finished a killed restore; what was unpacked now tells whether it was of this backup.
            _verify(transaction.new, home.root if was_killed else transaction.new, index)
        except BaseException:
            transaction.discard()
            raise
        if was_killed:
            transaction.discard()
        else:
            transaction.commit()
    return _report(source, index)


def _paths(home: Home, left_out: frozenset[str], key_file: Path | None) -> Iterator[Path]:
    """Folders, files and links of the home in a fixed order. Raises BackupError for a link out of it."""
    key = key_file.expanduser().resolve() if key_file else None
    for top in sorted(home.root.iterdir()):
        if top.name in left_out:
            continue
        for path in [top, *(() if top.is_symlink() else sorted(top.rglob("*")))]:
            if path.is_symlink():
                if not _stays_inside(home.root, path):
                    raise BackupError(f"{path} is a link out of the home or to a full path; back it up by itself")
            elif not (path.is_file() or path.is_dir()):
                continue
            if path.resolve() != key:
                yield path


def _stays_inside(root: Path, link: Path) -> bool:
    target = link.readlink()
    return not target.is_absolute() and Path(os.path.normpath(link.parent / target)).is_relative_to(root)


class _Hashing:
    """Hashes a file while it is read, so that the hash is that of the bytes in the backup."""

    def __init__(self, handle: IO[bytes]) -> None:
        self.handle, self.digest = handle, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.handle.read(size)
        self.digest.update(block)
        return block


def _fill(archive: tarfile.TarFile, home: Home, target: Path, paths: Iterable[Path]) -> BackupReport:
    files: dict[str, FileSeal] = {}
    for path in paths:
        name = path.relative_to(home.root).as_posix()
        member = archive.gettarinfo(path, name)
        # Two names of the same bytes are stored as two files, so that a restored home has no new links.
        if member.islnk() or member.isreg():
            files[name] = _add_file(archive, member, path)
        else:
            archive.addfile(member)
    current = home.current.readlink().name if home.current.is_symlink() else None
    index = BackupIndex(1, local_now(), current, files)
    text = to_json(index, indent=1)
    member = tarfile.TarInfo(MANIFEST)
    member.size, member.mode = len(text), stat.S_IRUSR | stat.S_IWUSR
    archive.addfile(member, io.BytesIO(text))
    return _report(target, index)


def _report(path: Path, index: BackupIndex) -> BackupReport:
    sizes = [entry.bytes for entry in index.files.values()]
    return BackupReport(path, len(sizes), sum(sizes), index.current_id)


def _add_file(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> FileSeal:
    member.type = tarfile.REGTYPE
    try:
        member.size = path.stat().st_size
        with path.open("rb") as handle:
            hashing = _Hashing(handle)
            archive.addfile(member, hashing)
    except OSError as error:
        # An error without a number: tarfile found the file shorter than before.
        if error.errno not in (None, errno.ENOENT):
            raise
        raise BackupError(f"{path} changed while it was read; run again when no delivery is being copied") from error
    return FileSeal(member.size, hashing.digest.hexdigest())


def _refuse_used(home: Home) -> None:
    harmless = {SECRET, "staging", home.lock_file.name, home.lock_file.with_suffix(".json").name}
    tops = sorted(home.root.iterdir()) if home.root.is_dir() else []
    used = [top.name for top in tops if top.name not in harmless and (not top.is_dir() or any(top.iterdir()))]
    if used:
        raise BackupError(
            f"{home.root} is not empty ({', '.join(used)}): a backup is restored into an empty home only; "
            "name another --home, or move this one away"
        )


def _unpack(source: Path, stage: Path) -> BackupIndex:
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(stage, filter=_safe)
        index = read_record(BackupIndex, stage / MANIFEST)
    except RecordError as error:
        raise BackupError(f"{source} is damaged, or was written by another version of this program") from error
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError) and error.errno is not None:
            raise
        raise BackupError(f"{source} is no backup of a home, or is damaged: {error}") from error
    (stage / MANIFEST).unlink()
    return index


def _safe(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    """Applies Python's filter for foreign archives (no path or link out of the folder, no device); keeps modes."""
    checked = tarfile.data_filter(member, folder)
    tops = BUILT_AGAIN | {SECRET}
    if PurePosixPath(checked.name).parts[0] in tops:
        raise tarfile.ReadError(f"{checked.name} does not belong into a backup")
    # The filter would widen the modes of archived deliveries and sealed publications.
    return checked.replace(mode=member.mode & 0o777, deep=False)


def _verify(stage: Path, restored: Path, index: BackupIndex) -> None:
    names = [p.relative_to(stage).as_posix() for p in stage.rglob("*") if p.is_file() and not p.is_symlink()]
    found = {name: path for name in names if (path := restored / name).is_file()}
    if faults := name_damage(index.files, found):
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise BackupError(f"the backup is damaged, nothing was restored: {'; '.join(faults[:5])}{more}")
