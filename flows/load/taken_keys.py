"""Finds the rows of a delivery whose key already belongs to another row: numbers that restart in every file.

They would overwrite the rows of another sender, and look like any other update.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from expectations.validate import Judgement
from ingest.conform.conform import Batch
from ingest.contract import Contract
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
        if parts := landed_parts(home, earlier):
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


def landed_parts(home: Home, loads: Iterable[LoadRecord]) -> list[str]:
    """Returns the landed files of the loads whose rows count."""
    paths = (landing_folder(home, load.source, load.load_id) / PART for load in loads if load.counts)
    return [str(path) for path in paths if path.exists()]
