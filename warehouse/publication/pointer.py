"""publications/current, the one name readers open, and the record of where a person put it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic.dataclasses import dataclass

from warehouse.clock import local_now
from warehouse.config import Home
from warehouse.files import flush
from warehouse.publication.sealing import LEFTOVER_SUFFIX
from warehouse.records import RECORD, read_record, write_record


@dataclass(frozen=True, config=RECORD)
class Rollback:
    """A decision of a person that readers see `to_id` and not `from_id`. `rolled_back_at` is local time."""

    from_id: str
    to_id: str
    rolled_back_at: datetime


def read_pointer(home: Home) -> str | None:
    """The id of the publication that readers see; None before the first one."""
    return home.current.readlink().name if home.current.is_symlink() else None


def move_pointer(home: Home, publication_id: str) -> None:
    """Let readers see `publication_id`, in one step: whoever opens `current` gets the old folder or the new one."""
    link = home.publications / f"{home.current.name}{LEFTOVER_SUFFIX}"
    link.unlink(missing_ok=True)
    link.symlink_to(publication_id)
    link.replace(home.current)
    flush(home.publications)


def record_rollback(home: Home, from_id: str, to_id: str) -> None:
    """Remember that the pointer stands at `to_id` by decision, so that no night moves it forward again unasked."""
    write_record(_record(home), Rollback(from_id, to_id, local_now()))


def standing_rollback(home: Home) -> Rollback | None:
    """The rollback in force; None when the pointer has moved on since, or was never put back."""
    try:
        rollback = read_record(Rollback, _record(home))
    except FileNotFoundError:
        return None
    return rollback if rollback.to_id == read_pointer(home) else None


def _record(home: Home) -> Path:
    return home.publications / "rollback.json"
