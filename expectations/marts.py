"""Validates marts before they are published."""

from __future__ import annotations

from pathlib import Path

from expectations.engine import Validator
from expectations.rules import RuleFile
from expectations.suites import build_suite
from warehouse.ledger import RuleResult
from warehouse.sql import quote_text


def judge_marts(validator: Validator, rules: dict[str, RuleFile], build_db: Path) -> list[RuleResult]:
    """Runs the suite of every mart that has rules, on dbt's build database; returns one result per rule.

    A mart without rows passes every rule except one that requires rows.
    """
    results = []
    for subject, file in sorted(rules.items()):
        if file.table is None:
            continue
        setup = [
            f"attach {quote_text(build_db)} as built (read_only)",
            f"create view mart as select * from built.{subject}",
        ]
        results += validator.validate(file, build_suite(file, []), "mart", setup)
    return results
