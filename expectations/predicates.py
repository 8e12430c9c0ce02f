"""Translates a rule into a SQL predicate that is true or NULL for a good row.

The predicate selects the rows for quarantine; the rule's expectation decides the verdict on the delivery.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from expectations.rules import DatedPattern, Rule, RuleError
from warehouse.sql import quote_text


@dataclass(frozen=True)
class DatedValue:
    """One validity row of a policy parameter; dates ISO, `valid_to` exclusive, None = still in force."""

    parameter: str
    value: str
    valid_from: date
    valid_to: date | None


def predicate(rule: Rule, policy: list[DatedValue]) -> str:
    """Returns SQL that is false exactly for the rows that break the rule.

    Raises RuleError for an expectation that has no predicate here: without one, a critical rule could judge a delivery
    but not select the rows to set aside.
    """
    if rule.row is not None:
        return f"({rule.row})"
    if rule.pattern is not None:
        return _pattern_sql(rule.pattern, [value for value in policy if value.parameter == rule.pattern.parameter])
    translate = _EXPECTATIONS.get(rule.expect or "")
    if translate is None:
        raise RuleError(f"{rule.code}: {rule.expect} has no predicate; write the rule as `row`, or add the predicate")
    return translate(rule.arguments)


def value_on(policy: list[DatedValue], parameter: str, day: date) -> str:
    """Returns the value of a parameter on a day. Raises RuleError when it has none."""
    for value in policy:
        is_valid = value.valid_from <= day and (value.valid_to is None or day < value.valid_to)
        if value.parameter == parameter and is_valid:
            return value.value
    raise RuleError(f"the registry has no policy parameter {parameter!r} valid on {day:%d/%m/%Y}")


def sql_literal(value: Any) -> str:
    """Returns a YAML value as a SQL literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return quote_text(str(value))


def _not_null(arguments: dict[str, Any]) -> str:
    return f"({arguments['column']} is not null)"


def _in_set(arguments: dict[str, Any]) -> str:
    return f"({arguments['column']} in ({', '.join(map(sql_literal, arguments['value_set']))}))"


def _between(arguments: dict[str, Any]) -> str:
    bounds = [("min_value", ">="), ("max_value", "<=")]
    parts = [
        f"{arguments['column']} {sign} {sql_literal(arguments[name])}"
        for name, sign in bounds
        if arguments.get(name) is not None
    ]
    return f"({' and '.join(parts)})"


def _pair_greater(arguments: dict[str, Any]) -> str:
    sign = ">=" if arguments.get("or_equal") else ">"
    return f"({arguments['column_A']} {sign} {arguments['column_B']})"


def _pattern_sql(pattern: DatedPattern, values: list[DatedValue]) -> str:
    """Writes one constant regular expression per validity row: DuckDB compiles a pattern from a table for each row."""
    if not values:
        raise RuleError(f"the registry has no policy parameter {pattern.parameter!r}")
    cases = []
    for value in values:
        until = f" and {pattern.valid_on} < timestamp '{value.valid_to}'" if value.valid_to else ""
        cases.append(
            f"when {pattern.valid_on} >= timestamp '{value.valid_from}'{until} "
            f"then regexp_full_match({pattern.column}, {sql_literal(value.value)})"
        )
    return f"(case {' '.join(cases)} end)"


_EXPECTATIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "ExpectColumnValuesToNotBeNull": _not_null,
    "ExpectColumnValuesToBeInSet": _in_set,
    "ExpectColumnValuesToBeBetween": _between,
    "ExpectColumnPairValuesAToBeGreaterThanB": _pair_greater,
}
