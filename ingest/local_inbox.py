"""Lists and opens the files of an inbox that is a folder of this machine; an entry that is not a file gets a reason.

Senders may put anything into a folder. Links that lead out of the inbox are not followed: one to the pseudonym key
would be read and archived.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

_LOOKS_LIKE_A_FILE = re.compile(r".*\.[A-Za-z][A-Za-z0-9]{1,4}")
_FOLDER = "đây là thư mục, không phải tệp; đề nghị gửi chính tệp số liệu"
_LINKED_FOLDER = "đây là liên kết đến thư mục, không được đi theo; đề nghị chép các tệp vào hộp thư"
_OUTSIDE = "đây là liên kết dẫn ra ngoài hộp thư, không được đi theo; đề nghị chép chính tệp vào hộp thư"
_SPECIAL = {
    stat.S_IFIFO: "đường ống (FIFO)",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "thiết bị",
    stat.S_IFBLK: "thiết bị",
}
_ERRORS = {
    errno.ENOENT: "đây là liên kết không dẫn đến tệp nào, hoặc tệp đã bị xóa, đổi tên trong lúc nhận",
    errno.ELOOP: "đây là liên kết vòng, không dẫn đến tệp nào",
    errno.EACCES: "không có quyền đọc; đề nghị cấp quyền đọc cho tài khoản chạy kho dữ liệu",
    errno.EPERM: "không có quyền đọc; đề nghị cấp quyền đọc cho tài khoản chạy kho dữ liệu",
    errno.ENOTDIR: "đây không phải thư mục",
}


class FetchError(Exception):
    """A delivery cannot be fetched; the message is for the sender and the operator."""


@dataclass(frozen=True)
class Entry:
    """Something in the inbox: its path below the source's folder as raw text, and why it cannot be fetched, if so."""

    name: str
    path: str
    size_bytes: int
    modified_at: float | datetime
    fault: str | None = None


def list_entries(folder: str, inbox: str, is_wanted: Callable[[str], bool]) -> Iterator[Entry]:
    """Yields every wanted entry below a source's folder of the inbox; links to folders are not followed."""
    roots = [os.path.realpath(inbox), os.path.realpath(folder)]
    denied: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=denied.append):
        here = Path(place).relative_to(folder)
        below = [(here / name).as_posix() for name in (*folders, *files)]
        folders[:] = [name for name in folders if is_wanted(name)]
        for name in filter(is_wanted, below):
            entry = _entry(Path(folder, name), name, roots)
            if entry is not None:
                yield entry
    for error in denied:
        path = Path(os.fsdecode(error.filename or folder))
        yield Entry(path.relative_to(folder).as_posix(), str(path), 0, _modified_at(path), describe(error))


def open_regular(path: str) -> BinaryIO:
    """Opens a file that is still a file, without following a link that took its place or waiting for a FIFO."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind != stat.S_IFREG:
        os.close(descriptor)
        raise FetchError(_no_file(kind))
    return os.fdopen(descriptor, "rb")


def describe(error: OSError) -> str:
    """Returns why something of the inbox cannot be read."""
    said = os.strerror(error.errno) if error.errno else type(error).__name__
    return _ERRORS.get(error.errno or 0, f"không đọc được từ hộp thư ({said})")


def _entry(path: Path, name: str, roots: list[str]) -> Entry | None:
    """Returns the entry; None for a folder, unless it stands where a file was to be."""
    try:
        found = path.lstat()
        if is_link := stat.S_ISLNK(found.st_mode):
            target = Path(os.path.realpath(path, strict=True))
            if not any(target.is_relative_to(root) for root in roots):
                return Entry(name, str(path), 0, found.st_mtime, _OUTSIDE)
            path, found = target, target.stat()
        kind = stat.S_IFMT(found.st_mode)
        fault = None if kind == stat.S_IFREG else _no_file(kind)
        if kind == stat.S_IFDIR:
            if not is_link and not (_LOOKS_LIKE_A_FILE.fullmatch(name) and _is_empty(path)):
                return None
            fault = _LINKED_FOLDER if is_link else _FOLDER
    except OSError as error:
        return Entry(name, str(path), 0, _modified_at(path), describe(error))
    return Entry(name, str(path), found.st_size if fault is None else 0, found.st_mtime, fault)


def _is_empty(folder: Path) -> bool:
    """Returns whether a folder has no entry; one that must not be opened is reported by the walk."""
    try:
        return not any(folder.iterdir())
    except OSError:
        return False


def _no_file(kind: int) -> str:
    if kind == stat.S_IFDIR:
        return _FOLDER
    return f"đây là {_SPECIAL.get(kind, 'mục đặc biệt của hệ thống')}, không phải tệp; đề nghị gửi chính tệp số liệu"


def _modified_at(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0
