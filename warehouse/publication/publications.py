"""The publications of a home: list, find, prune, roll back. Every change needs the writer lock."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from warehouse.config import Home
from warehouse.publication.manifest import Manifest, find_damage, read_manifest
from warehouse.publication.pointer import move_pointer, read_pointer, record_rollback
from warehouse.publication.sealing import LEFTOVER_SUFFIX, remove_leftovers


class PublicationError(RuntimeError):
    """A publication cannot be made, found or shown; the current publication is unchanged."""


@dataclass(frozen=True)
class PublicationSummary:
    """One complete publication. `decision_numbers` are the releases that pin it; `built_at` is local time."""

    publication_id: str
    seq: int
    built_at: datetime
    as_of_date: date
    input_hash: str
    code_version: str
    method_version: str
    n_tables: int
    previous_id: str | None
    is_current: bool
    decision_numbers: tuple[str, ...]


def list_publications(home: Home) -> list[PublicationSummary]:
    """Returns every complete publication, newest first."""
    current, pinned = read_pointer(home), _pinned(home)
    summaries = [
        _summarise(manifest, current, pinned)
        for folder in home.publications.glob("*-*-*")
        if not folder.name.endswith(LEFTOVER_SUFFIX) and (manifest := read_manifest(folder))
    ]
    return sorted(summaries, key=lambda summary: summary.seq, reverse=True)


def current_publication(home: Home) -> PublicationSummary | None:
    """Returns the publication that readers see."""
    return next((summary for summary in list_publications(home) if summary.is_current), None)


def find_by_input_hash(home: Home, input_hash: str) -> PublicationSummary | None:
    """Returns the newest publication built from these inputs, current or not."""
    return next((summary for summary in list_publications(home) if summary.input_hash == input_hash), None)


def next_seq(home: Home) -> int:
    """Returns the highest sequence number in use plus one; the newest publication is never pruned."""
    return max((summary.seq for summary in list_publications(home)), default=0) + 1


def show(home: Home, publication_id: str) -> None:
    """Moves the pointer to a publication whose files match its manifest. Raises PublicationError otherwise."""
    refuse_damaged(home.publications / publication_id)
    move_pointer(home, publication_id)


def rollback(home: Home, to: str | None) -> tuple[str, str]:
    """Shows readers the publication they saw before the current one, or the one named `to`.

    Returns the ids before and after. Raises PublicationError when there is nothing to go back to, or when the target's
    files differ from its manifest.
    """
    current = current_publication(home)
    if current is None:
        raise PublicationError("nothing is published yet: there is nothing to roll back")
    target = to or predecessor(home, current)
    if target is None:
        raise PublicationError(f"{current.publication_id} is the oldest publication kept: name another one")
    if target == current.publication_id:
        raise PublicationError(f"{target} is the current publication already")
    refuse_damaged(home.publications / target)
    record_rollback(home, current.publication_id, target)
    move_pointer(home, target)
    return current.publication_id, target


def prune(home: Home, keep: int) -> list[str]:
    """Removes all publications but the current one, the newest `keep` and those in releases/; returns their ids."""
    remove_leftovers(home.publications)
    summaries = list_publications(home)
    doomed = [s.publication_id for s in summaries[keep:] if not s.is_current and not s.decision_numbers]
    for publication_id in doomed:
        folder = home.publications / publication_id
        # Renamed first, so that a kill leaves a leftover and never an incomplete publication.
        leftover = folder.rename(folder.with_name(folder.name + LEFTOVER_SUFFIX))
        shutil.rmtree(leftover)
    return doomed


def refuse_damaged(folder: Path) -> None:
    """Raises PublicationError naming every file of `folder` that differs from its manifest."""
    if not folder.is_dir():
        raise PublicationError(f"there is no publication {folder.name}")
    if damage := find_damage(folder):
        raise PublicationError(f"publication {folder.name} is damaged and is not shown: {'; '.join(damage)}")


def predecessor(home: Home, current: PublicationSummary) -> str | None:
    """Returns the publication that was current before this one if it is kept, else the next older one, or None."""
    older = [s.publication_id for s in list_publications(home) if s.seq < current.seq]
    # After a rollback the previous publication need not have the previous number.
    return current.previous_id if current.previous_id in older else next(iter(older), None)


def _pinned(home: Home) -> dict[str, tuple[str, ...]]:
    """Returns publication id -> decision numbers; releases/<decision> is a link to the publication it pins."""
    pinned: dict[str, tuple[str, ...]] = {}
    for release in sorted((home.root / "releases").glob("*")):
        if release.is_symlink():
            target = release.readlink().name
            pinned[target] = (*pinned.get(target, ()), release.name)
    return pinned


def _summarise(manifest: Manifest, current: str | None, pinned: dict[str, tuple[str, ...]]) -> PublicationSummary:
    return PublicationSummary(
        publication_id=manifest.publication_id,
        seq=manifest.seq,
        built_at=manifest.built_at,
        as_of_date=manifest.as_of_date,
        input_hash=manifest.input_hash,
        code_version=manifest.code_version,
        method_version=manifest.method_version,
        n_tables=len(manifest.tables),
        previous_id=manifest.previous_id,
        is_current=manifest.publication_id == current,
        decision_numbers=pinned.get(manifest.publication_id, ()),
    )
