"""Judges the conformed deliveries of a source: selects the rows to set aside and the deliveries to hold whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from expectations.delivered import Delivered, group_deliveries, relations
from expectations.engine import Validator
from expectations.predicates import DatedValue, predicate
from expectations.rules import Rule, RuleFile
from expectations.suites import build_suite
from ingest.contract import Tolerance
from warehouse.engine import connect
from warehouse.ledger import RuleResult
from warehouse.sql import escape_text


class JudgementError(RuntimeError):
    """A rule's expectation and its predicate count different rows, so neither result is reliable."""


@dataclass(frozen=True)
class Judgement:
    """The results of all rules on one delivery.

    `findings`: Parquet with `line`, `critical_codes`, `warning_codes` (';'-separated) and `detail` (what the broken
    critical rules show, NULL where they show nothing) of the rows that break a rule.
    """

    rules: list[RuleResult]
    findings: Path
    n_critical: int


def judge_batches(
    validator: Validator, rules: RuleFile, deliveries: Sequence[Delivered], registry: Path
) -> list[Judgement]:
    """Runs the source's suite on many deliveries at once and returns for each the rows that break each rule.

    A delivery gets the same findings alone and together with others. Needs the registry's Parquet; writes
    findings.parquet into the folder of each delivery. Raises JudgementError when a rule's expectation and its predicate
    disagree.
    """
    policy = read_policy(registry)
    return [
        judgement
        for group in group_deliveries(deliveries)
        for judgement in _judge_group(validator, rules, group, policy, registry)
    ]


def _judge_group(
    validator: Validator, rules: RuleFile, group: dict[int, Delivered], policy: list[DatedValue], registry: Path
) -> list[Judgement]:
    setup = [*relations(group), *(statement.format(registry=escape_text(registry)) for statement in rules.setup)]
    totals = validator.validate(rules, build_suite(rules, policy), "d", setup)
    failed = [result.rule_code for result in totals if not result.is_passed]
    judgements = []
    with connect(temp=next(iter(group.values())).folder / "spill") as connection:
        for statement in setup:
            connection.execute(statement).fetchall()
        judged = dict(connection.execute("select delivery, count(*) from d group by delivery").fetchall())
        broken = [rule for rule in rules.rules if rule.code in failed]
        connection.execute(f"create table findings as {_findings_sql(broken, policy)}").fetchall()
        counts = {
            ordinal: dict(zip(["critical", *failed], row, strict=True))
            for ordinal, *row in connection.execute(
                f"select delivery, count(critical_codes) {_counts_sql(broken)} from findings group by delivery"
            ).fetchall()
        }
        for ordinal, delivered in group.items():
            findings = delivered.folder / "findings.parquet"
            connection.execute(
                f"""
                copy (select * exclude (delivery) from findings where delivery = {ordinal} order by line)
                to $findings (format parquet)
                """,
                {"findings": str(findings)},
            ).fetchall()
            found = counts.get(ordinal, {})
            own = [
                replace(total, n_evaluated=int(judged.get(ordinal, 0)), n_failed=int(found.get(total.rule_code, 0)))
                for total in totals
            ]
            judgements.append(Judgement(own, findings, int(found.get("critical", 0))))
    for place, total in enumerate(totals):
        recounted = sum(judgement.rules[place].n_failed for judgement in judgements)
        if total.n_failed != recounted:
            raise JudgementError(
                f"{rules.subject}: {total.rule_code} fails on {total.n_failed} rows, its predicate on {recounted}"
            )
    return judgements


def is_over_tolerance(n_bad: int, n_rows: int, tolerance: Tolerance) -> bool:
    """Returns whether to hold a delivery whole, because its bad rows exceed both bounds."""
    return n_bad > tolerance.max_bad_rows and 100 * n_bad > tolerance.max_bad_pct * n_rows


def read_policy(registry: Path) -> list[DatedValue]:
    """Reads the dated policy parameters from the registry's Parquet."""
    with connect() as connection:
        rows = connection.execute(
            """
            select parameter, value, valid_from, valid_to from read_parquet(?)
            order by parameter, valid_from
            """,
            [str(registry / "policy_parameters.parquet")],
        ).fetchall()
    return [DatedValue(*row) for row in rows]


def _findings_sql(broken: list[Rule], policy: list[DatedValue]) -> str:
    """Returns SQL for the rows that break a rule; only the rules in `broken` are evaluated again."""
    fails = {rule.code: f"not coalesce({predicate(rule, policy)}, true)" for rule in broken}
    codes = {
        severity: _joined(
            f"case when {fails[rule.code]} then '{rule.code}' end" for rule in broken if rule.severity == severity
        )
        for severity in ("critical", "warning")
    }
    detail = _joined(
        (
            f"case when {fails[rule.code]} then {rule.shows} end"
            for rule in broken
            if rule.shows is not None and rule.severity == "critical"
        ),
        "; ",
    )
    return f"""
        select * from (
            select
                delivery, line, {codes["critical"]} as critical_codes, {codes["warning"]} as warning_codes,
                {detail} as detail
            from d
        ) where critical_codes is not null or warning_codes is not null
        """


def _joined(cases: Iterable[str], separator: str = ";") -> str:
    listed = ", ".join(cases)
    return f"nullif(concat_ws('{separator}', {listed}), '')" if listed else "cast(null as varchar)"


def _counts_sql(broken: list[Rule]) -> str:
    return "".join(
        f", count(*) filter (where contains(coalesce({rule.severity}_codes, ''), '{rule.code}'))" for rule in broken
    )
