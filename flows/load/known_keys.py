"""Compares a delivery with the rows that earlier loads landed: keys used again, and rows that it would delete.

A sender whose numbers restart in every file would overwrite the rows of another, and a column that says «deleted» by
mistake would remove what is known; both look like any other update.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from expectations.validate import Judgement, is_over_tolerance
from ingest.conform.conform import DELETED, Batch
from ingest.contract import Contract, Tolerance
from ingest.deliver import KEY_TAKEN, STATEMENTS
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.landing import PART, landing_folder
from warehouse.ledger import LoadRecord, RuleResult


def mark_taken_keys(
    home: Home, contract: Contract, batch: Batch, judgement: Judgement, earlier: Iterable[LoadRecord]
) -> Judgement:
    """Returns the judgement with a critical finding on each row whose key belongs to another subject.

    The other row is in the same delivery or in one of the `earlier` loads. A contract without a subject changes
    nothing.
    """
    if not contract.subject:
        return judgement
    key, subject = ", ".join(contract.key), ", ".join(contract.subject)
    target = judgement.findings.with_name("findings-keys.parquet")
    with connect() as connection:
        connection.execute(
            f"""
            create table own as select line, {key}, {subject} from read_parquet($candidates) where marks is null
            """,
            {"candidates": str(batch.candidates)},
        ).fetchall()
        connection.execute(f"create table known as select distinct {key}, {subject} from own").fetchall()
        if parts := _parts(home, earlier):
            connection.execute(
                f"insert into known select distinct {key}, {subject} from read_parquet($parts)", {"parts": parts}
            ).fetchall()
        differs = " or ".join(f"known.{name} <> own.{name}" for name in contract.subject)
        connection.execute(
            f"""
            create table taken as
            select distinct own.line from own inner join known using ({key})
            where ({differs}) and own.line not in (select line from read_parquet($set_aside))
            """,
            {"set_aside": str(batch.set_aside)},
        ).fetchall()
        count = int(connection.execute("select count(*) from taken").fetchall()[0][0])
        if count:
            connection.execute(
                f"""
                copy (
                    select
                        coalesce(f.line, t.line) as line,
                        case when t.line is null then f.critical_codes
                            else concat_ws(';', f.critical_codes, '{KEY_TAKEN}') end as critical_codes,
                        f.warning_codes, f.detail
                    from read_parquet($findings) as f full join taken as t on t.line = f.line order by 1
                ) to $target (format parquet)
                """,
                {"findings": str(judgement.findings), "target": str(target)},
            ).fetchall()
            counted = connection.execute(
                "select count(critical_codes) from read_parquet($target)", {"target": str(target)}
            ).fetchall()
            judgement = replace(judgement, findings=target, n_critical=int(counted[0][0]))
    rule = RuleResult(
        contract.source, KEY_TAKEN, "critical", batch.rows_read, count, STATEMENTS[KEY_TAKEN], "domain §9.1"
    )
    return replace(judgement, rules=[*judgement.rules, rule])


def refuse_deletions(home: Home, contract: Contract, batch: Batch, earlier: Iterable[LoadRecord]) -> str | None:
    """Returns why to hold the delivery: it would delete more of one agency's known keys than the contract tolerates."""
    if batch.outcomes.get(DELETED, 0) <= contract.tolerance.max_bad_rows or not contract.covers:
        return None
    parts = _parts(home, earlier)
    if not parts:
        return None
    agency = (contract.covers.agencies or ["null"])[0]
    key = ", ".join(contract.key)
    with connect() as connection:
        rows = connection.execute(
            f"""
            with
                known as (select distinct {key}, {agency} as agency from read_parquet($parts)),
                deleted as (
                    select distinct {key}, true as is_deleted from read_parquet($candidates) where marks = $deleted
                )
            select count(is_deleted), count(*) from known left join deleted using ({key}) group by agency
            """,
            {"parts": parts, "candidates": str(batch.candidates), "deleted": DELETED},
        ).fetchall()
    bounds = contract.tolerance
    tolerance = Tolerance(max_bad_pct=bounds.max_deleted_pct, max_bad_rows=bounds.max_bad_rows)
    for deleted, known in sorted(rows, reverse=True):
        if is_over_tolerance(int(deleted), int(known), tolerance):
            return (
                f"tệp báo xóa {deleted} trên {known} dòng đã có của một cơ quan, quá mức cho phép "
                f"({bounds.max_deleted_pct:g} % và {bounds.max_bad_rows} dòng); cả tệp được giữ lại: đề nghị kiểm tra "
                "cột ngày xóa rồi gửi lại"
            )
    return None


def _parts(home: Home, loads: Iterable[LoadRecord]) -> list[str]:
    paths = (landing_folder(home, load.source, load.load_id) / PART for load in loads if load.counts)
    return [str(path) for path in paths if path.exists()]
