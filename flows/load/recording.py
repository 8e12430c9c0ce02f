"""The ledger record of a delivery, from what every step found."""

from __future__ import annotations

from typing import Any

from flows.load.columns import describe_changes
from flows.load.decisions import describe_corrections
from flows.load.prepared import Prepared
from flows.load.read_results import reading_rules, tables_of
from flows.night import Night
from ingest.contract import Contract
from warehouse.clock import local_now
from warehouse.ledger import LoadRecord, Verdict


def record_load(
    night: Night, contract: Contract, item: Prepared, verdict: Verdict, reason: str | None, **counts: Any
) -> LoadRecord:
    """Returns the record of a delivery with its verdict; `counts` are those of its rows by what became of them."""
    conformed, delivery, again = item.conformed, item.collected.delivery, item.collected.again
    reasons = [f"xét lại lần nạp {again.load_seq}" if again else None, reason, describe_changes(item.changes)]
    reasons.append(describe_corrections(conformed.batch.corrections) if conformed else None)
    tables = tables_of(conformed.sheet) if conformed else []
    reasons += [f"không đọc {table.name} ({table.rows} dòng): {table.reason}" for table in tables if table.reason]
    outcomes = conformed.batch.outcomes if conformed else {}
    return LoadRecord(
        load_seq=night.ledger.next_load_seq(),
        load_id=item.collected.load_id,
        source=contract.source,
        original_name=delivery.name,
        sha256=item.collected.sha256,
        size_bytes=delivery.size_bytes,
        delivered_at=delivery.delivered_at,
        loaded_at=local_now(),
        contract_version=contract.version,
        verdict_status=verdict,
        reason="; ".join(filter(None, reasons)) or None,
        rows_read=conformed.batch.rows_read if conformed else item.rows_held,
        judges_again=again.arrival_seq if again else None,
        data_from=conformed.data_from if conformed else None,
        data_until=conformed.data_until if conformed else None,
        excluded={
            outcome.removeprefix("excluded:"): n for outcome, n in outcomes.items() if outcome.startswith("excluded:")
        },
        rules=[*reading_rules(contract, conformed), *(item.judgement.rules if item.judgement else [])],
        key_fingerprint=night.key.fingerprint if conformed else None,
        encoding=conformed.sheet.encoding if conformed else None,
        container=delivery.container,
        container_size=delivery.container_size,
        container_members=delivery.container_members,
        headers=conformed.headers if conformed else [],
        titled=sorted(conformed.matched.constants) if conformed else [],
        changes=item.changes,
        corrections=conformed.batch.corrections if conformed else [],
        tables=tables,
        **counts,
    )
