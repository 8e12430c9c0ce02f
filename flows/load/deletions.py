"""Lands the keys that a delivery calls deleted, and refuses a delivery that would delete too much.

A column that says «deleted» by mistake removes what is known, and looks like any other update.
"""

from __future__ import annotations

from collections.abc import Iterable

from expectations.validate import is_over_tolerance
from flows.load.taken_keys import landed_parts
from flows.night import Night
from ingest.conform.conform import DELETED, EXCLUDED, Batch
from ingest.contract import Contract, Tolerance
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.landing import PART, deletions_of, landing_folder
from warehouse.ledger import LoadRecord
from warehouse.transaction import Transaction


def refuse_deletions(home: Home, contract: Contract, batch: Batch, earlier: Iterable[LoadRecord]) -> str | None:
    """Returns why to hold the delivery: it would delete more of one agency's known keys than the contract tolerates."""
    if batch.outcomes.get(DELETED, 0) <= contract.tolerance.max_bad_rows or not contract.covers:
        return None
    parts = landed_parts(home, earlier)
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


def land_deletions(night: Night, contract: Contract, batch: Batch, load_id: str, transaction: Transaction) -> None:
    """Lands the keys of deleted rows, except keys that have another row in the delivery (entered again)."""
    schema = contract.deletion_schema()
    target = landing_folder(night.home, deletions_of(contract.source), load_id)
    if not schema or not batch.outcomes.get(DELETED):
        transaction.remove(target)
        return
    columns, key = ", ".join(name for name, _ in schema), ", ".join(contract.key)
    is_same = " and ".join(f"c.{name} = d.{name}" for name in contract.key)
    with connect(
        memory_limit=night.settings.memory_limit, threads=night.settings.threads, temp=night.home.staging / "spill"
    ) as connection:
        connection.execute(
            f"""
            copy (
                select {columns} from read_parquet($candidates) as d
                where marks = '{DELETED}' and {" and ".join(f"{name} is not null" for name in contract.key)}
                    and not exists (
                        select 1 from read_parquet($candidates) as c
                        where {is_same} and (c.marks is null or not starts_with(c.marks, '{EXCLUDED}'))
                    )
                qualify row_number() over (partition by {key} order by line desc) = 1
                order by line
            ) to $target (format parquet, compression zstd)
            """,
            {"candidates": str(batch.candidates), "target": str(transaction.place(target / PART))},
        ).fetchall()
