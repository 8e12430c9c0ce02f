"""Judges a waiting file of the archive again, with today's registry, contract and rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from flows.build.building import check_registry_step
from flows.failures import UsageError
from flows.load.decisions import ReleasedRow
from flows.load.loading import conform, judge, land
from flows.load.prepared import Collected
from flows.night import Night
from ingest.deliver import BROKEN_LINE, NOT_PARSED
from ingest.discover import Delivery
from ingest.readers.containers import FileLimits, unpack
from ingest.readers.sheet import UnreadableError
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.landing import archived_file, quarantine_folder
from warehouse.ledger import Ledger, LoadRecord
from warehouse.lock import hold_writer_lock
from warehouse.staging import new_stage


def retry_load(settings: Settings, load_seq: int) -> LoadRecord:
    """Judges the file of a load again; returns the new record, which replaces the earlier one.

    Raises UsageError when nothing of the load waits or its archive has expired, LockHeldError, RegistryError.
    """
    with hold_writer_lock(settings.layout, "cchc quarantine retry"):
        return _judge_again(settings, _waiting_load(settings.layout, load_seq))


def release_row(settings: Settings, load_seq: int, line: int, reason: str) -> LoadRecord:
    """Accepts one row of a load although it breaks critical rules, and judges the file again; returns the new record.

    Raises UsageError as `retry_load` does, and when no rule quarantined this line; an unreadable row cannot be
    accepted.
    """
    home = settings.layout
    with hold_writer_lock(home, "cchc quarantine release"):
        load = _waiting_load(home, load_seq)
        if not reason.strip():
            raise UsageError("give the reason of the decision (--reason)")
        codes = _codes_of(home, load, line)
        today = local_now().date()
        row = ReleasedRow(load.load_id, load.source, load.original_name, line, codes, reason.strip(), today)
        return _judge_again(settings, load, row)


def _waiting_load(home: Home, load_seq: int) -> LoadRecord:
    """Returns the load if it needs attention and its file is in the archive."""
    loads = Ledger(home).loads()
    load = next((load for load in loads if load.load_seq == load_seq), None)
    if load is None:
        raise UsageError(f"there is no load {load_seq}; cchc quarantine list shows the numbers")
    if load.superseded_by is not None:
        raise UsageError(f"load {load_seq} ({load.original_name}) was judged again by load {load.superseded_by}")
    if not load.needs_attention:
        raise UsageError(f"nothing of load {load_seq} ({load.original_name}) needs attention")
    taken = [other for other in loads if (other.source, other.load_id) == (load.source, load.load_id) and other.counts]
    if taken and taken != [load]:
        raise UsageError(
            f"the file of load {load_seq} ({load.original_name}) was sent again and taken by load {taken[-1].load_seq}"
        )
    if not load.is_fetched:
        raise UsageError(
            f"load {load_seq} ({load.original_name}) could not be fetched from the inbox: the next night tries again"
        )
    if archived_file(home, load.load_id) is None:
        raise UsageError(
            f"the archive of load {load_seq} ({load.original_name}) has expired (CCHC_ARCHIVE_DAYS): "
            "ask the sender for the file again"
        )
    return load


def _codes_of(home: Home, load: LoadRecord, line: int) -> str:
    path = quarantine_folder(home, load.source, load.load_id) / "rows.parquet"
    found = []
    if path.exists():
        with duckdb.connect() as connection:
            found = connection.execute(
                "select rule_codes from read_parquet(?) where line = ?", [str(path), line]
            ).fetchall()
    if not found:
        raise UsageError(f"line {line} of load {load.load_seq} was not set aside; cchc quarantine show {load.load_seq}")
    codes = str(found[0][0])
    if codes in (BROKEN_LINE, NOT_PARSED):
        raise UsageError(f"line {line} could not be read ({codes}): only the sender can fix it")
    return codes


def _refuse_archive(night: Night, load: LoadRecord, archived: Path) -> None:
    """Raises UsageError for a container or a decompression bomb: it can only be delivered again."""
    try:
        members = unpack(archived, new_stage(night.home, "retry"), FileLimits.of(night.settings))
    except UnreadableError as error:
        raise UsageError(f"load {load.load_seq} ({load.original_name}) is still refused: {error}") from error
    if members:
        raise UsageError(f"load {load.load_seq} ({load.original_name}) is an archive: deliver it again")


def _judge_again(settings: Settings, load: LoadRecord, released: ReleasedRow | None = None) -> LoadRecord:
    night = Night(settings)
    check_registry_step(night)
    item = collect_again(night.home, load)
    assert item is not None
    assert item.archived is not None
    _refuse_archive(night, load, item.archived)
    prepared = judge(night, load.source, conform(night, load.source, [replace(item, released=released)]))
    (record,) = land(night, load.source, prepared)
    return record


def collect_again(home: Home, load: LoadRecord) -> Collected | None:
    """Returns the delivery of a load from the archive, to be judged again; None when the archive has expired."""
    archived = archived_file(home, load.load_id)
    if archived is None:
        return None
    delivery = Delivery(
        load.source,
        load.original_name,
        str(archived),
        load.size_bytes,
        load.delivered_at,
        load.container,
        load.container_size,
        load.container_members,
    )
    return Collected(delivery, load.sha256, archived, None, again=load)
