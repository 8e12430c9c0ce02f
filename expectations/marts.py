"""The second border: what must be true of a mart before it is published."""

from __future__ import annotations

from pathlib import Path

from expectations.engine import Validator
from expectations.rules import RuleFile
from expectations.suites import build_suite
from expectations.validate import with_total
from warehouse.engine import connect
from warehouse.ledger import RuleResult


def judge_marts(validator: Validator, rules: dict[str, RuleFile], build_db: Path) -> list[RuleResult]:
    """Run the suite of every mart that has rules, on dbt's build database; one result per rule."""
    results = []
    for subject, file in sorted(rules.items()):
        if file.table is None:
            continue
        setup = [
            f"attach '{build_db}' as built (read_only)",
            f"create view mart as select * from built.{subject}",
        ]
        found = validator.validate(file, build_suite(file, []), "mart", setup)
        with connect(build_db, read_only=True) as connection:
            n_rows = int(connection.execute(f"select count(*) from {subject}").fetchall()[0][0])
        results += [with_total(result, n_rows) for result in found]
    return results
