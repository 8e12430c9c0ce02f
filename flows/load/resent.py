"""Decides whether bytes that came before count again: a sender may go back to an earlier version of a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingest.contract import Contract
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.landing import PART, deletions_of, landing_folder
from warehouse.ledger import LoadRecord


@dataclass(frozen=True)
class Version:
    """One version of some rows: its data date and the Parquet files with their keys."""

    data_until: date | None
    files: Sequence[Path]


def landed_version(home: Home, load: LoadRecord) -> Version:
    """Returns the rows of a load, those that it calls deleted included."""
    sources = (load.source, deletions_of(load.source))
    return Version(load.data_until, [landing_folder(home, source, load.load_id) / PART for source in sources])


def landed_since(home: Home, original: LoadRecord, loads: Iterable[LoadRecord]) -> list[Version]:
    """Returns the counting loads of the same source that came after the original."""
    return [
        landed_version(home, load)
        for load in loads
        if load.source == original.source and load.counts and load.arrival_seq > original.arrival_seq
    ]


def is_replaced(contract: Contract, original: Version, later: Iterable[Version]) -> bool:
    """Returns whether a later version has a key of the original and the same data date.

    Then the original bytes say something new when they come again. With another data date that date decides, and
    facts that are only added are never replaced.
    """
    same_day = [one for one in later if one.data_until == original.data_until]
    if contract.load_mode == "append" or not same_day:
        return False
    if contract.load_mode == "replace_period":
        return True
    own = _existing([original])
    others = _existing(same_day)
    if not own or not others:
        return False
    key = ", ".join(contract.key)
    with connect() as connection:
        query = (
            f"select 1 from read_parquet($own, union_by_name = true) semi join "
            f"read_parquet($others, union_by_name = true) using ({key}) limit 1"
        )
        return bool(connection.execute(query, {"own": own, "others": others}).fetchall())


def _existing(versions: Iterable[Version]) -> list[str]:
    return [str(path) for version in versions for path in version.files if path.exists()]
