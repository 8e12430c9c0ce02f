"""Builds Great Expectations suites from rules. `meta` carries code, basis and owner to the results and Data Docs."""

from __future__ import annotations

import html
import re
from typing import Any

from expectations.predicates import DatedValue, predicate
from expectations.rules import Rule, RuleFile


def build_suite(rules: RuleFile, policy: list[DatedValue]) -> Any:
    """Builds a suite with one expectation per rule, named after the source or mart."""
    import great_expectations as gx

    return gx.ExpectationSuite(name=rules.subject, expectations=[_expectation(rule, policy) for rule in rules.rules])


def _expectation(rule: Rule, policy: list[DatedValue]) -> dict[str, Any]:
    meta = {"code": rule.code, "says": rule.says, "basis": rule.basis, "owner": rule.owner}
    # Data Docs write the description into their pages as it is.
    shared = {"meta": meta, "severity": rule.severity, "description": html.escape(f"{rule.code}: {rule.says}", False)}
    if rule.expect is not None:
        return {"type": _snake(rule.expect), "kwargs": dict(rule.arguments), **shared}
    query = rule.rows or f"select 1 as is_bad from {{batch}} where not coalesce({predicate(rule, policy)}, true)"
    return {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": _protect(query)}, **shared}


def _protect(query: str) -> str:
    """Doubles every brace except the placeholder's, because Great Expectations formats the query text."""
    return query.replace("{", "{{").replace("}", "}}").replace("{{batch}}", "{batch}")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
