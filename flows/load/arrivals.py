"""Copies a delivery from the inbox to the archive; a container (such as a ZIP) becomes its member files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from flows.night import Night
from ingest.discover import Delivery, fetch
from ingest.readers.containers import FileLimits, Member, unpack
from ingest.readers.sheet import UnreadableError
from warehouse.landing import archive_delivery, new_stage
from warehouse.ledger import LoadRecord

Seen = tuple[str, int, datetime]


@dataclass(frozen=True)
class Arrived:
    """One file in the archive; `refused` is the reason why it must not be opened."""

    delivery: Delivery
    sha256: str
    archived: Path
    refused: str | None = None


def finished(loads: Sequence[LoadRecord]) -> set[Seen]:
    """Name, size and time of the deliveries that are completely in the ledger.

    A container counts when all its files are there, because a run may be killed between two of them.
    """
    plain = {(load.original_name, load.size_bytes, load.delivered_at) for load in loads if load.container is None}
    recorded = Counter(
        (load.container, load.container_size or 0, load.delivered_at, load.container_members or 0)
        for load in loads
        if load.container is not None
    )
    return plain | {(name, size, at) for (name, size, at, members), n in recorded.items() if n >= members}


def archive_arrival(night: Night, delivery: Delivery, recorded: Collection[tuple[str, datetime]]) -> list[Arrived]:
    """Fetches a delivery and archives its bytes; a container gives one arrival per file that is not `recorded`.

    `recorded` are the names and times in the ledger. A container that must not or cannot be opened gives one arrival
    with the reason.
    """
    stage = new_stage(night.home, f"collect-{delivery.source}")
    staged = stage / Path(delivery.name).name
    sha256 = fetch(night.settings.inbox_url, delivery, staged)
    try:
        members = unpack(staged, stage / "members", FileLimits.of(night.settings))
    except UnreadableError as error:
        return [_archive(night, delivery, sha256, staged, refused=str(error))]
    if not members:
        return [_archive(night, delivery, sha256, staged)]
    named = [(_delivery_of(delivery, member, len(members)), member) for member in members]
    return [
        _archive(night, inner, member.sha256, member.path, container_sha256=sha256)
        for inner, member in named
        if (inner.name, inner.delivered_at) not in recorded
    ]


def _delivery_of(delivery: Delivery, member: Member, members: int) -> Delivery:
    return replace(
        delivery,
        name=f"{delivery.name}/{member.name}",
        size_bytes=member.size_bytes,
        container=delivery.name,
        container_size=delivery.size_bytes,
        container_members=members,
    )


def _archive(
    night: Night,
    delivery: Delivery,
    sha256: str,
    staged: Path,
    refused: str | None = None,
    container_sha256: str | None = None,
) -> Arrived:
    sidecar: dict[str, object] = {
        "source": delivery.source,
        "original_name": delivery.name,
        "sender_path": delivery.path,
        "sha256": sha256,
        "size_bytes": delivery.size_bytes,
        "delivered_at": delivery.delivered_at.isoformat(),
    }
    if delivery.container is not None:
        sidecar |= {"container": delivery.container, "container_sha256": container_sha256}
    return Arrived(delivery, sha256, archive_delivery(night.home, sha256[:16], staged, sidecar), refused)
