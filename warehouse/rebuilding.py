"""Writes damaged records of the ledger again from what stands beside their rows: a disk may lose one file of many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from warehouse.config import Home
from warehouse.landing import MANIFEST
from warehouse.ledger import RUN_FILE, LoadRecord, RunRecord
from warehouse.records import RecordError, T, read_record, write_record


def rebuild_records(home: Home) -> list[Path]:
    """Writes each damaged record of a load or a publication again where its copy is whole; returns their files.

    The copy of a load lies beside its landed rows, that of a publication in it. Needs the writer lock.
    """
    return [
        *_rebuild(LoadRecord, home.loads, lambda load: f"{load.load_seq:06d}", home.landing, f"*/load_id=*/{MANIFEST}"),
        *_rebuild(RunRecord, home.runs, lambda run: run.publication_id, home.publications, f"*-*-*/{RUN_FILE}"),
    ]


def _rebuild(kind: type[T], folder: Path, name_of: Callable[[T], str], beside: Path, pattern: str) -> list[Path]:
    damaged = {path.stem: path for path in folder.glob("*.json") if not _read(kind, path)}
    if not damaged:
        return []
    copies = {name_of(copy): copy for path in beside.glob(pattern) for copy in _read(kind, path)}
    rebuilt = sorted(damaged.keys() & copies.keys())
    for name in rebuilt:
        write_record(damaged[name], copies[name])
    return [damaged[name] for name in rebuilt]


def _read(kind: type[T], path: Path) -> list[T]:
    """Returns the record, or nothing when it is damaged."""
    try:
        return [read_record(kind, path)]
    except RecordError:
        return []
