"""Records of a home as JSON files, one file each: written atomically and validated when they are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import to_json

from warehouse.files import flush

T = TypeVar("T")
_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
# A record of a newer version may have fields that this version would ignore, so it is refused.
RECORD = ConfigDict(extra="forbid")
_FROM_BACKUP = "put this one file back from the last backup (cchc backup), then run again"


class RecordError(ValueError):
    """A record cannot be read; the message names its file and what to do."""


def write_record(path: Path, record: object) -> None:
    """Writes `record` as UTF-8 JSON in one step: a reader sees either the old or the new content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    with draft.open("wb") as handle:
        handle.write(to_json(record, indent=2) + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    flush(path.parent)


def read_record(kind: type[T], path: Path, remedy: str = _FROM_BACKUP) -> T:
    """Returns the record of this kind in a file. Raises FileNotFoundError, RecordError, which tells the remedy."""
    try:
        record: T = _adapter(kind).validate_json(path.read_bytes())
    except ValidationError as error:
        # The message does not quote the content, which may be personal.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise RecordError(
            f"{path} is damaged or of another version ({f'{where}: ' if where else ''}{first['msg']}): {remedy}"
        ) from error
    return record


def read_notes(kind: type[T], folder: Path) -> list[T]:
    """Returns the records of a folder by name, without damaged ones: a note that is lost must not stop anything.

    `cchc doctor` lists what is damaged.
    """
    notes = []
    for path in sorted(folder.glob("*.json")):
        with suppress(RecordError):
            notes.append(read_record(kind, path))
    return notes


def find_damage(kind: type[T], folder: Path, remedy: str = _FROM_BACKUP) -> list[str]:
    """Returns a sentence per record of a folder that cannot be read."""
    faults = []
    for path in sorted(folder.glob("*.json")):
        try:
            read_record(kind, path, remedy)
        except RecordError as error:
            faults.append(str(error))
    return faults
