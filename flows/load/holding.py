"""Takes an accepted load out of what is published, by a decision that the ledger keeps."""

from __future__ import annotations

from dataclasses import replace

from flows.failures import UsageError
from warehouse.clock import local_now
from warehouse.config import Settings
from warehouse.ledger import Ledger, LoadRecord
from warehouse.lock import hold_writer_lock


def hold_load(settings: Settings, load_seq: int, reason: str) -> LoadRecord:
    """Records that a load is held from now on; returns the new record, which replaces the accepted one.

    The next night publishes without its rows. The same bytes stay held when they are sent again, until `cchc quarantine
    retry` judges the load again. Raises UsageError when no accepted row of the load counts, LockHeldError.
    """
    with hold_writer_lock(settings.layout, "cchc quarantine hold"):
        ledger = Ledger(settings.layout)
        load = next((load for load in ledger.loads() if load.load_seq == load_seq), None)
        if load is None:
            raise UsageError(f"there is no load {load_seq}; cchc status and quality.load_ledger show the numbers")
        if load.superseded_by is not None:
            raise UsageError(f"load {load_seq} ({load.original_name}) was judged again by load {load.superseded_by}")
        if not load.counts:
            raise UsageError(f"load {load_seq} ({load.original_name}) is not accepted: {load.verdict_status}")
        if not reason.strip():
            raise UsageError("give the reason of the decision (--reason)")
        now = local_now()
        record = replace(
            load,
            load_seq=ledger.next_load_seq(),
            loaded_at=now,
            verdict_status="held",
            reason=f"xét lại lần nạp {load_seq}; giữ lại theo quyết định ngày {now:%d/%m/%Y}: {reason.strip()}",
            rows_accepted=0,
            rows_quarantined=0,
            rows_duplicate=0,
            rows_held=load.rows_read - load.rows_excluded,
            judges_again=load.arrival_seq,
            held_for=reason.strip(),
        )
        ledger.append_load(record)
    return record
