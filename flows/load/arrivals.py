"""Copies a delivery from the inbox to the archive; a container (such as a ZIP) becomes its member files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from flows.load.boundary import attempt
from flows.night import Night
from ingest.discover import Delivery, fetch
from ingest.readers.containers import FileLimits, Member, too_large, unpack
from ingest.readers.sheet import UnreadableError
from ingest.vietnamese.shown import visible_name
from warehouse.landing import archive_delivery
from warehouse.ledger import LoadRecord
from warehouse.staging import new_stage

Seen = tuple[str, int, datetime]


@dataclass(frozen=True)
class Arrived:
    """One file in the archive; `refused` is the reason why it must not be opened.

    A delivery that could not be fetched has neither bytes nor a sha256.
    """

    delivery: Delivery
    sha256: str
    archived: Path | None
    refused: str | None = None


def finished(loads: Sequence[LoadRecord]) -> set[Seen]:
    """Name, size and time of the deliveries that are completely in the ledger.

    A container counts when all its files are there, because a run may be killed between two of them. A delivery that
    could not be fetched is tried again every night.
    """
    plain, members = set(), defaultdict(set)
    for load in loads:
        if load.container is not None:
            at = (load.container, load.container_size or 0, load.delivered_at)
            members[at, load.container_members or 0].add(load.original_name)
        elif load.is_fetched:
            plain.add((load.original_name, load.size_bytes, load.delivered_at))
    return plain | {at for (at, n_members), names in members.items() if len(names) >= n_members}


def receive(night: Night, delivery: Delivery, loads: Sequence[LoadRecord]) -> list[Arrived]:
    """Fetches and archives a delivery; `loads` are those of its source.

    One that cannot be fetched gives one arrival with the reason, unless the ledger has the same already.
    """
    recorded = {(load.original_name, load.delivered_at) for load in loads if load.is_fetched}
    arrived = attempt(
        night.settings,
        delivery,
        lambda: archive_arrival(night, delivery, recorded),
        lambda reason: [Arrived(delivery, "", None, reason)],
    )
    known = {
        (load.original_name, load.delivered_at, load.reason)
        for load in loads
        if not load.is_fetched and load.superseded_by is None
    }
    return [one for one in arrived if one.sha256 or (delivery.name, delivery.delivered_at, one.refused) not in known]


def archive_arrival(night: Night, delivery: Delivery, recorded: Collection[tuple[str, datetime]]) -> list[Arrived]:
    """Fetches a delivery and archives its bytes; a container gives one arrival per file that is not `recorded`.

    `recorded` are the names and times in the ledger. A container that must not or cannot be opened gives one arrival
    with the reason.
    """
    limits = FileLimits.of(night.settings)
    if delivery.size_bytes > limits.max_bytes:
        # Fetching it could fill the disk of the home.
        raise too_large(limits)
    stage = new_stage(night.home, f"collect-{delivery.source}")
    staged = stage / Path(delivery.name).name
    sha256 = fetch(night.settings.inbox_url, delivery, staged)
    try:
        members = unpack(staged, stage / "members", limits)
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
        "sender_path": visible_name(delivery.path),
        "sha256": sha256,
        "size_bytes": delivery.size_bytes,
        "delivered_at": delivery.delivered_at.isoformat(),
    }
    if delivery.container is not None:
        sidecar |= {"container": delivery.container, "container_sha256": container_sha256}
    return Arrived(delivery, sha256, archive_delivery(night.home, sha256[:16], staged, sidecar), refused)
