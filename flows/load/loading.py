"""The first half of a night, source by source: collect, conform, judge, land.

Each step takes what the step before returned. A reader sees nothing of a load until `land` has written the ledger
record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from expectations.delivered import Delivered
from expectations.validate import Judgement, is_over_tolerance
from flows.load.arrivals import finished, receive
from flows.load.boundary import attempt
from flows.load.columns import EarlierLoads, compare_columns
from flows.load.coverage import coverage_part, prepare_coverage, write_coverage
from flows.load.decisions import (
    accept_released,
    corrected_lines,
    critical_lines,
    mark_corrected,
    path_of_release,
    released_lines,
)
from flows.load.deletions import land_deletions, refuse_deletions
from flows.load.judging import judge_deliveries
from flows.load.prepared import Collected, Prepared
from flows.load.recording import record_load
from flows.load.resent import Version, is_replaced, landed_since, landed_version
from flows.load.taken_keys import mark_taken_keys
from flows.night import Night
from ingest.conform.conform import DELETED, EXCLUDED
from ingest.contract import ITEM_SCHEMA, Contract
from ingest.deliver import KEY_TAKEN, Limits, conform_delivery, write_quarantine
from ingest.discover import list_deliveries, wait_until_settled
from ingest.period import PeriodError
from ingest.readers.headers import HeaderError
from ingest.readers.read import EmptyError
from ingest.registry.corrections import load_corrections
from ingest.registry.items import load_book
from warehouse.engine import connect
from warehouse.landing import MANIFEST, PART, deletions_of, landing_folder, prepare_source, quarantine_folder
from warehouse.ledger import ColumnChanges, LoadRecord
from warehouse.records import write_record
from warehouse.staging import new_stage
from warehouse.transaction import Transaction

_FIRST_DAY = date(1, 1, 1)
_NO_ROWS = "tệp chỉ có dòng tiêu đề, không có dòng dữ liệu nào"
_OTHER_FILE = "một tệp khác của đêm nay"
# Excluded rows that carry information: deleted rows and test rows.
_ONCE_DATA = {DELETED, f"{EXCLUDED}test"}


def collect(night: Night, source: str) -> list[Collected]:
    """Archives every delivery that is not in the ledger by name, size and time; only this step reads the inbox."""
    prepare_source(night.home, source, night.contracts[source].landing_schema())
    if deleted := night.contracts[source].deletion_schema():
        prepare_source(night.home, deletions_of(source), deleted)
    prepare_coverage(night, night.contracts[source])
    loads = [load for load in night.ledger.loads() if load.source == source]
    known = finished(loads)
    # A held file may be accepted after the registry or a rule was fixed, so a repeated delivery is judged again.
    by_content = {load.sha256: load for load in loads if load.counts}
    held = {load.sha256: load for load in loads if load.held_for and load.superseded_by is None}
    inbox = night.settings.inbox_url
    found = [d for d in list_deliveries(inbox, source) if (d.name, d.size_bytes, d.delivered_at) not in known]
    return [
        Collected(
            one.delivery,
            one.sha256,
            one.archived,
            by_content.get(one.sha256),
            one.refused,
            held_as=held.get(one.sha256),
        )
        for delivery in wait_until_settled(inbox, found, night.settings.settle_seconds)
        for one in receive(night, delivery, loads)
    ]


def conform(night: Night, source: str, collected: list[Collected]) -> list[Prepared]:
    """Types every new delivery; the latest data date lands last, and of equal ones the delivery that came last."""
    prepared: list[Prepared] = []
    for item in sorted(collected, key=_arrival):
        same = (one for one in prepared if one.collected.sha256 == item.sha256 != "" and one.verdict != "known")
        twin = next(same, None)
        is_new: bool | str = twin is None and item.same_as is None
        if not is_new:
            compare: Callable[[], bool | str] = partial(_is_replaced, night, source, item, twin, prepared)
            is_new = attempt(night.settings, item.delivery, compare, str)
        if isinstance(is_new, str):
            prepared.append(Prepared(item, None, "unreadable", is_new))
        elif not is_new:
            original = item.same_as.label if twin is None and item.same_as else _OTHER_FILE
            prepared.append(_known(item, original))
        else:
            if twin is not None:
                prepared[prepared.index(twin)] = _known(twin.collected, _OTHER_FILE)
            refuse = partial(Prepared, item, None, "unreadable")
            prepared.append(attempt(night.settings, item.delivery, partial(_conform_one, night, source, item), refuse))
    return sorted(prepared, key=lambda p: (_data_until(p) or _FIRST_DAY, *_arrival(p.collected)))


def _known(item: Collected, original: str) -> Prepared:
    return Prepared(item, None, "known", f"cùng nội dung với {original}")


def _is_replaced(night: Night, source: str, item: Collected, twin: Prepared | None, prepared: list[Prepared]) -> bool:
    """Returns whether another version came after the bytes of the item, so that they count again."""
    since = prepared[prepared.index(twin) + 1 :] if twin else prepared
    tonight = [version for one in since if (version := _version(one))]
    if twin is not None:
        original = _version(twin)
        return original is not None and is_replaced(night.contracts[source], original, tonight)
    assert item.same_as is not None
    later = [*landed_since(night.home, item.same_as, night.history), *tonight]
    return is_replaced(night.contracts[source], landed_version(night.home, item.same_as), later)


def judge(night: Night, source: str, prepared: list[Prepared]) -> list[Prepared]:
    """Runs the source's rules on all conformed deliveries at once; without any, Great Expectations is not opened."""
    deliveries = [
        (
            item.collected.delivery,
            Delivered(
                item.conformed.batch.candidates,
                item.conformed.batch.set_aside,
                item.conformed.batch.items,
                item.conformed.data_until or item.collected.delivery.delivered_at.date(),
                _stage_of(night, item.collected),
            ),
        )
        for item in prepared
        if item.conformed is not None
    ]
    if not deliveries:
        return prepared
    judgements = iter(judge_deliveries(night, source, deliveries))
    return [_with_judgement(night, item, next(judgements)) if item.conformed else item for item in prepared]


def _with_judgement(night: Night, item: Prepared, judgement: Judgement | str) -> Prepared:
    if isinstance(judgement, str) or item.conformed is None:
        return Prepared(item.collected, None, "unreadable", str(judgement))
    lines = released_lines(night.home, item.collected.load_id)
    if item.collected.released:
        lines = sorted({*lines, item.collected.released.line})
    released = accept_released(lines, judgement)
    return replace(item, judgement=mark_corrected(released, item.conformed.batch.corrections))


def land(night: Night, source: str, prepared: list[Prepared]) -> list[LoadRecord]:
    """Moves accepted rows into the landing, rejected ones into quarantine, and the record into the ledger, together."""
    records = []
    landed = [load for load in [*night.history, *night.loads] if load.source == source]
    earlier = EarlierLoads(landed)
    for item in prepared:
        record = _land_whole(night, source, item, earlier, landed)
        earlier.add(record)
        landed.append(record)
        records.append(record)
    night.loads += records
    return records


def _land_whole(
    night: Night, source: str, item: Prepared, earlier: EarlierLoads, landed: Sequence[LoadRecord]
) -> LoadRecord:
    """Lands one delivery together with its record; of one that cannot be landed there is the record alone."""
    name = f"load-{source}-{item.collected.load_id}"
    transaction = Transaction(night.home, name)
    fault = partial(record_load, night, night.contracts[source], Prepared(item.collected, None), "unreadable")
    land_one = partial(_land_one, night, source, item, earlier, landed, transaction)
    record = attempt(night.settings, item.collected.delivery, land_one, fault)
    if record.verdict_status == "unreadable":
        transaction.discard()
        transaction = Transaction(night.home, name)
    if released := item.collected.released:
        write_record(transaction.place(path_of_release(night.home, released)), released)
    if record.verdict_status == "accepted":
        write_record(transaction.place(landing_folder(night.home, source, record.load_id) / MANIFEST), record)
    night.ledger.append_load(record, transaction)
    transaction.commit()
    return record


def _conform_one(night: Night, source: str, item: Collected) -> Prepared:
    if item.refused is not None or item.archived is None:
        return Prepared(item, None, "unreadable", item.refused)
    if item.held_as is not None:
        reason = (
            f"cùng nội dung với lần nạp {item.held_as.load_seq}, đã giữ lại theo quyết định: {item.held_as.held_for}"
        )
        return Prepared(item, None, "held", reason, rows_held=item.held_as.rows_held)
    stage = new_stage(night.home, _stage_name(item))
    limits = Limits(night.home.staging / "spill", night.settings.memory_limit, night.settings.threads)
    contract = night.contracts[source]
    try:
        conformed = conform_delivery(
            item.archived,
            item.delivery.period_name,
            contract,
            night.key,
            night.registry_parquet,
            stage,
            limits,
            load_corrections(night.registry_parquet, source),
            item.delivery.delivered_at.date(),
        )
    except EmptyError as error:
        return Prepared(item, None, "empty", str(error))
    except (HeaderError, PeriodError) as error:
        return Prepared(item, None, "held", str(error), rows_held=error.rows)
    if conformed.batch.rows_read == 0:
        return Prepared(item, None, "empty", _NO_ROWS)
    return Prepared(item, conformed)


def _changes(night: Night, source: str, item: Prepared, earlier: EarlierLoads) -> ColumnChanges | None:
    if item.conformed is None:
        return None
    again, contract = item.collected.again, night.contracts[source]
    book = load_book(night.registry_parquet, contract)
    before = earlier.before(item.collected.delivery.name, again)
    return compare_columns(contract, book, item.conformed.headers, item.conformed.matched, before)


def _land_one(
    night: Night,
    source: str,
    item: Prepared,
    earlier: EarlierLoads,
    landed: Sequence[LoadRecord],
    transaction: Transaction,
) -> LoadRecord:
    contract = night.contracts[source]
    item = replace(item, changes=_changes(night, source, item, earlier))
    if item.conformed is None or item.judgement is None:
        verdict = item.verdict or "unreadable"
        return record_load(night, contract, item, verdict, item.reason, rows_held=item.rows_held)
    home, load_id, archived = night.home, item.collected.load_id, item.collected.archived
    assert archived is not None
    batch = item.conformed.batch
    others = [load for load in landed if load.original_name != item.collected.delivery.name]
    item = replace(item, judgement=mark_taken_keys(home, contract, batch, item.judgement, others))
    assert item.conformed is not None
    assert item.judgement is not None
    rejected = batch.outcomes.get("rejected", 0) + len(batch.broken_lines)
    n_bad = rejected + item.judgement.n_critical
    n_excluded = sum(n for outcome, n in batch.outcomes.items() if outcome.startswith("excluded:"))
    n_duplicate = batch.outcomes.get("duplicate", 0)
    if n_excluded == batch.rows_read and not batch.outcomes.keys() & _ONCE_DATA:
        return record_load(
            night, contract, item, "empty", f"{_NO_ROWS} ngoài dòng tổng, ghi chú", rows_excluded=n_excluded
        )
    quarantined = quarantine_folder(home, contract.source, load_id)
    if n_bad:
        critical, statements = critical_lines(item.judgement)
        for line, corrected in corrected_lines(batch.corrections).items():
            statements[line] = "; ".join(filter(None, [statements.get(line), corrected]))
        names = [column.name for column in contract.columns]
        write_quarantine(
            archived,
            contract,
            night.key,
            night.registry_parquet,
            item.conformed,
            critical,
            {rule.code: rule.columns_among(names) for rule in night.rules[contract.source].rules}
            | {KEY_TAKEN: [*contract.key, *contract.subject]},
            transaction.place(quarantined / "rows.parquet"),
            statements,
        )
    if is_over_tolerance(n_bad, batch.rows_read - n_excluded, contract.tolerance):
        reason = (
            f"{n_bad} trên {batch.rows_read - n_excluded} dòng sai, quá mức cho phép "
            f"({contract.tolerance.max_bad_pct:g} % và {contract.tolerance.max_bad_rows} dòng); cả tệp được giữ lại"
        )
        return record_load(
            night, contract, item, "held", reason, rows_excluded=n_excluded, rows_held=batch.rows_read - n_excluded
        )
    if refused := refuse_deletions(home, contract, batch, landed):
        return record_load(
            night, contract, item, "held", refused, rows_excluded=n_excluded, rows_held=batch.rows_read - n_excluded
        )
    if not n_bad:
        # Rows that an earlier judgement set aside.
        transaction.remove(quarantined)
    part = transaction.place(landing_folder(home, contract.source, load_id) / PART)
    n_accepted = _write_part(contract, item, part, night)
    write_coverage(night, contract, part, transaction.place(coverage_part(home, contract.source, load_id)))
    land_deletions(night, contract, batch, load_id, transaction)
    ignored = item.conformed.ignored_headers
    return record_load(
        night,
        contract,
        item,
        "accepted",
        f"bỏ qua cột không có trong hợp đồng: {', '.join(ignored)}" if ignored else None,
        rows_excluded=n_excluded,
        rows_accepted=n_accepted,
        rows_quarantined=n_bad,
        rows_duplicate=n_duplicate,
    )


def _write_part(contract: Contract, item: Prepared, target: Path, night: Night) -> int:
    """Accepted rows as zstd Parquet in the landing's schema, a form once per item; returns how many rows or forms."""
    assert item.conformed is not None
    assert item.judgement is not None
    batch, findings = item.conformed.batch, item.judgement.findings
    if batch.items is None and not batch.outcomes and pq.read_metadata(findings).num_rows == 0:
        # The file needs no change when every row is accepted; in a large clean delivery this saves a third of the work.
        batch.candidates.replace(target)
        return int(pq.read_metadata(target).num_rows)
    with connect(
        memory_limit=night.settings.memory_limit, threads=night.settings.threads, temp=night.home.staging / "spill"
    ) as connection:
        selected = [*(f"c.{name}" for name, _ in contract.value_schema()), "f.warning_codes as marks", "c.line"]
        accepted = """
            from read_parquet($candidates) as c left join read_parquet($findings) as f on f.line = c.line
            """
        # A form without answers stays as one row without an item, so that it is counted.
        answers = "left join read_parquet($items) as i on i.line = c.line" if batch.items else ""
        items = [f"i.{name}" for name, _ in ITEM_SCHEMA] if batch.items else []
        where = "where c.line not in (select line from read_parquet($set_aside)) and f.critical_codes is null"
        files = {
            "candidates": str(batch.candidates),
            "findings": str(findings),
            "set_aside": str(batch.set_aside),
        }
        connection.execute(
            f"""
            copy (select {", ".join([*selected, *items])} {accepted} {answers} {where})
            to $target (format parquet, compression zstd)
            """,
            {**files, "target": str(target), **({"items": str(batch.items)} if batch.items else {})},
        ).fetchall()
        return int(connection.execute(f"select count(*) {accepted} {where}", files).fetchall()[0][0])


def _arrival(item: Collected) -> tuple[datetime, str]:
    return item.delivery.delivered_at, item.delivery.name


def _version(item: Prepared) -> Version | None:
    return Version(item.conformed.data_until, [item.conformed.batch.candidates]) if item.conformed else None


def _data_until(item: Prepared) -> date | None:
    return item.conformed.data_until if item.conformed else None


def _stage_name(item: Collected) -> str:
    return f"load-{item.delivery.source}-{item.load_id}"


def _stage_of(night: Night, item: Collected) -> Path:
    return night.home.staging / _stage_name(item)
