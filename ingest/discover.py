"""Lists delivered files below <inbox>/<source>, on any file system that fsspec supports."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from ingest.local_inbox import Entry, FetchError, describe, list_entries, open_regular
from ingest.privacy import scrub
from ingest.vietnamese.shown import distinct_names, visible_name
from warehouse.clock import local_now, local_time

# Names of files that are still being written.
_UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload")
_CHUNK_BYTES = 1 << 20
_CHANGED = "tệp thay đổi trong lúc nhận, có thể còn đang được ghi; đêm sau sẽ nhận lại"


@dataclass(frozen=True)
class Delivery:
    """One delivered file. `name` is its path below the source's folder, with numbers of persons masked.

    A file of a container is called `<container>/<its path inside>`; `container_size` is the size of the archive and
    `container_members` the number of files in it. `fault` is why it cannot be fetched, as a link that leads nowhere.
    """

    source: str
    name: str
    path: str
    size_bytes: int
    delivered_at: datetime
    container: str | None = None
    container_size: int | None = None
    container_members: int | None = None
    fault: str | None = None

    @property
    def period_name(self) -> str:
        """Name that may contain the period: the file's own name, then that of its container."""
        if self.container is None:
            return self.name
        return f"{self.name.removeprefix(self.container + '/')} {self.container}"


def list_deliveries(inbox_url: str, source: str) -> list[Delivery]:
    """Returns every finished file of a source, by name; an inbox that does not exist is empty."""
    filesystem, root = fsspec.core.url_to_fs(inbox_url)
    folder = f"{root.rstrip('/')}/{source}"
    if isinstance(filesystem, LocalFileSystem):
        entries = list_entries(folder, root, _is_finished) if os.path.lexists(folder) else iter(())
    else:
        entries = _remote_entries(filesystem, folder)
    listed = sorted(entries, key=lambda one: one.name)
    names = distinct_names([scrub(visible_name(one.name)) for one in listed])
    found = [
        Delivery(source, name, one.path, one.size_bytes, local_time(one.modified_at), fault=one.fault)
        for name, one in zip(names, listed, strict=True)
    ]
    return sorted(found, key=lambda delivery: delivery.name)


def wait_until_settled(inbox_url: str, deliveries: Iterable[Delivery], wait_seconds: float) -> list[Delivery]:
    """Returns the deliveries that are completely written.

    A file that changed within the last minute is checked again after `wait_seconds`; a file that has grown meanwhile
    waits for the next night. One that vanished stays in the list, so that fetching it says so.
    """
    pending = list(deliveries)
    if not any((local_now() - delivery.delivered_at).total_seconds() < 60 for delivery in pending):
        return pending
    time.sleep(wait_seconds)
    filesystem, _ = fsspec.core.url_to_fs(inbox_url)
    return [delivery for delivery in pending if delivery.fault or not _has_grown(filesystem, delivery)]


def fetch(inbox_url: str, delivery: Delivery, target: Path) -> str:
    """Copies a delivery's bytes to `target` and returns their sha256. The inbox is only read.

    Raises FetchError when it cannot be read, or changed while it was read.
    """
    if delivery.fault:
        raise FetchError(delivery.fault)
    filesystem, _ = fsspec.core.url_to_fs(inbox_url)
    try:
        source = open_regular(delivery.path) if isinstance(filesystem, LocalFileSystem) else None
        source = source or filesystem.open(delivery.path, "rb")
    except OSError as error:
        raise FetchError(describe(error)) from error
    digest, size = hashlib.sha256(), 0
    with source, target.open("wb") as copy:
        # A file that grows without end is read to its listed size and no further.
        while size <= delivery.size_bytes and (chunk := _read(source)):
            size += len(chunk)
            digest.update(chunk)
            copy.write(chunk)
    if size != delivery.size_bytes:
        raise FetchError(_CHANGED)
    return digest.hexdigest()


def _read(source: Any) -> bytes:
    try:
        return bytes(source.read(_CHUNK_BYTES))
    except OSError as error:
        raise FetchError(describe(error)) from error


def _is_finished(name: str) -> bool:
    """Returns whether a path below the source's folder is neither hidden nor still being written."""
    is_hidden = any(part.startswith(("~$", ".")) for part in name.split("/"))
    return not is_hidden and not name.lower().endswith(_UNFINISHED)


def _remote_entries(filesystem: Any, folder: str) -> Iterator[Entry]:
    if not filesystem.exists(folder):
        return
    for path, info in filesystem.find(folder, detail=True).items():
        name = path[len(folder) :].lstrip("/")
        if _is_finished(name):
            yield Entry(name, path, int(info["size"]), _modified_at(filesystem, path, info))


def _has_grown(filesystem: Any, delivery: Delivery) -> bool:
    try:
        return int(filesystem.info(delivery.path)["size"]) != delivery.size_bytes
    except OSError:
        return False


def _modified_at(filesystem: Any, path: str, info: dict[str, Any]) -> Any:
    stamp = info.get("mtime") or info.get("LastModified") or info.get("created") or filesystem.modified(path)
    return stamp.replace(tzinfo=UTC) if isinstance(stamp, datetime) and stamp.tzinfo is None else stamp
