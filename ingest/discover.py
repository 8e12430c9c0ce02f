"""Lists delivered files below <inbox>/<source>, on any file system that fsspec supports."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec

from warehouse.clock import local_now, local_time

# Names of files that are still being written.
_UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload")


@dataclass(frozen=True)
class Delivery:
    """One delivered file. `name` is its path below the source's folder.

    A file of a container is called `<container>/<its path inside>`; `container_size` is the size of the archive and
    `container_members` the number of files in it.
    """

    source: str
    name: str
    path: str
    size_bytes: int
    delivered_at: datetime
    container: str | None = None
    container_size: int | None = None
    container_members: int | None = None

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
    if not filesystem.exists(folder):
        return []
    found = []
    for path, info in filesystem.find(folder, detail=True).items():
        name = path[len(folder) :].lstrip("/")
        if any(part.startswith(("~$", ".")) for part in name.split("/")) or name.lower().endswith(_UNFINISHED):
            continue
        found.append(Delivery(source, name, path, int(info["size"]), _modified_at(filesystem, path, info)))
    return sorted(found, key=lambda delivery: delivery.name)


def wait_until_settled(inbox_url: str, deliveries: Iterable[Delivery], wait_seconds: float) -> list[Delivery]:
    """Returns the deliveries that are completely written.

    A file that changed within the last minute is checked again after `wait_seconds`; a file that has grown meanwhile
    waits for the next night.
    """
    pending = list(deliveries)
    if not any((local_now() - delivery.delivered_at).total_seconds() < 60 for delivery in pending):
        return pending
    time.sleep(wait_seconds)
    filesystem, _ = fsspec.core.url_to_fs(inbox_url)
    return [delivery for delivery in pending if int(filesystem.info(delivery.path)["size"]) == delivery.size_bytes]


def fetch(inbox_url: str, delivery: Delivery, target: Path) -> str:
    """Copies a delivery's bytes to `target` and returns their sha256. The inbox is only read."""
    filesystem, _ = fsspec.core.url_to_fs(inbox_url)
    filesystem.get_file(delivery.path, str(target))
    with target.open("rb") as copied:
        return hashlib.file_digest(copied, "sha256").hexdigest()


def _modified_at(filesystem: Any, path: str, info: dict[str, Any]) -> datetime:
    stamp = info.get("mtime") or info.get("LastModified") or info.get("created") or filesystem.modified(path)
    if isinstance(stamp, datetime) and stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=UTC)
    return local_time(stamp)
