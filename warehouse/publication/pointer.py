"""publications/current, the one name that readers open, and the record of rollbacks."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic.dataclasses import dataclass

from warehouse.clock import local_now
from warehouse.config import Home
from warehouse.files import flush
from warehouse.publication.sealing import LEFTOVER_SUFFIX
from warehouse.records import RECORD, RecordError, read_record, write_record

_ROLL_BACK_AGAIN = "delete it; if readers should see an older publication, run `cchc publications rollback` again"


@dataclass(frozen=True, config=RECORD)
class Rollback:
    """A person's decision to show readers `to_id` instead of `from_id`. `rolled_back_at` is local time."""

    from_id: str
    to_id: str
    rolled_back_at: datetime


def read_pointer(home: Home) -> str | None:
    """Returns the id of the publication that readers see; None before the first one.

    Raises RecordError when a copy of a publication stands where the link should be.
    """
    if home.current.is_dir() and not home.current.is_symlink():
        raise RecordError(
            f"{home.current} is a folder and should be a link to one publication: a program that copied this home "
            "followed the link. Move this folder away, then run `cchc nightly`: it shows the last publication again"
        )
    return home.current.readlink().name if home.current.is_symlink() else None


def move_pointer(home: Home, publication_id: str) -> None:
    """Shows readers `publication_id`, in one step: `current` is either the old folder or the new one."""
    link = home.publications / f"{home.current.name}{LEFTOVER_SUFFIX}"
    link.unlink(missing_ok=True)
    link.symlink_to(publication_id)
    link.replace(home.current)
    flush(home.publications)


def record_rollback(home: Home, from_id: str, to_id: str) -> None:
    """Records the decision to show `to_id`, so that no night moves the pointer forward by itself."""
    write_record(_record(home), Rollback(from_id, to_id, local_now()))


def standing_rollback(home: Home) -> Rollback | None:
    """Returns the rollback in force; None when the pointer has moved since, or without a rollback."""
    try:
        rollback = read_record(Rollback, _record(home), _ROLL_BACK_AGAIN)
    except FileNotFoundError:
        return None
    return rollback if rollback.to_id == read_pointer(home) else None


def _record(home: Home) -> Path:
    return home.publications / "rollback.json"
