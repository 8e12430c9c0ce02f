"""The second border: what must be true of a mart before it is published."""

from __future__ import annotations

from pathlib import Path

from expectations.engine import Validator
from expectations.rules import RuleFile
from expectations.suites import build_suite
from warehouse.ledger import RuleResult


def judge_marts(validator: Validator, rules: dict[str, RuleFile], build_db: Path) -> list[RuleResult]:
    """Run the suite of every mart that has rules, on dbt's build database; one result per rule.

    A mart without rows keeps every rule but one that demands rows.
    """
    results = []
    for subject, file in sorted(rules.items()):
        if file.table is None:
            continue
        setup = [
            f"attach '{build_db}' as built (read_only)",
            f"create view mart as select * from built.{subject}",
        ]
        results += validator.validate(file, build_suite(file, []), "mart", setup)
    return results
