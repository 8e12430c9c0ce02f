"""States in the ledger what the readers found: the tables of a delivery, and the results of their own rules."""

from __future__ import annotations

from ingest.contract import Contract
from ingest.deliver import BROKEN_LINE, NOT_PARSED, REPEATED, STATEMENTS, Conformed
from ingest.readers.read import Sheet
from warehouse.ledger import RuleResult, TableRead


def tables_of(sheet: Sheet) -> list[TableRead]:
    """Every table of a delivery that has more than one."""
    read = [TableRead(part.place, part.rows) for part in sheet.parts if part.place]
    return [*read, *(TableRead(other.place, other.rows, other.reason) for other in sheet.unread)]


def reading_rules(contract: Contract, conformed: Conformed | None) -> list[RuleResult]:
    """Returns the rules of the readers, as results like those of all other rules."""
    if conformed is None:
        return []
    failed = {
        BROKEN_LINE: len(conformed.batch.broken_lines),
        NOT_PARSED: conformed.batch.outcomes.get("rejected", 0),
    }
    rules = [
        RuleResult(contract.source, code, "critical", conformed.batch.rows_read, n, STATEMENTS[code], "domain §9.2")
        for code, n in failed.items()
    ]
    if repeated := conformed.batch.outcomes.get("duplicate", 0) if contract.latest else 0:
        read = conformed.batch.rows_read
        rules.append(
            RuleResult(contract.source, REPEATED, "warning", read, repeated, STATEMENTS[REPEATED], "domain §9.3")
        )
    return rules
