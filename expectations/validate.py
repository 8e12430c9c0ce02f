"""Judge one conformed delivery: which rows stay, which are set aside, and whether the delivery is held whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from expectations.engine import Validator
from expectations.predicates import DatedValue, predicate
from expectations.rules import RuleFile
from expectations.suites import build_suite
from ingest.contract import Contract, Tolerance
from warehouse.engine import connect
from warehouse.ledger import RuleResult

# The rows that a rule sees. `data_until` is the day until which the delivery speaks.
_BATCH_SQL = "create view d as select *, date '{data_until}' as data_until from '{candidates}' {where}"


class JudgementError(RuntimeError):
    """A rule's expectation and its predicate count different rows: neither can be trusted."""


@dataclass(frozen=True)
class Judgement:
    """What the rules said about a delivery.

    `findings`: Parquet with `line`, `critical_codes`, `warning_codes` (';'-separated) of the rows that break a rule.
    """

    rules: list[RuleResult]
    findings: Path
    n_judged: int
    n_critical: int


def judge_batch(
    validator: Validator,
    contract: Contract,
    rules: RuleFile,
    candidates: Path,
    set_aside: Path,
    registry: Path,
    data_until: date,
    folder: Path,
) -> Judgement:
    """Run the source's suite on the rows that are still to be judged and find the rows behind every failed rule.

    Needs the conformed files of `ingest.conform.Batch` and the registry's Parquet. Writes findings.parquet below
    `folder`. Raises JudgementError when the two readings of a rule disagree.
    """
    policy = read_policy(registry)
    with connect() as connection:
        n_aside = connection.execute(f"select count(*) from '{set_aside}'").fetchall()[0][0]
    where = f"where line not in (select line from '{set_aside}')" if n_aside else ""
    setup = [_BATCH_SQL.format(candidates=candidates, where=where, data_until=data_until)]
    setup += [statement.format(registry=registry) for statement in rules.setup]
    results = validator.validate(rules, build_suite(rules, policy), "d", setup)
    findings = folder / "findings.parquet"
    with connect(temp=folder / "spill") as connection:
        for statement in setup:
            connection.execute(statement).fetchall()
        n_judged = int(connection.execute("select count(*) from d").fetchall()[0][0])
        codes = {
            severity: _codes_sql(rules, policy, {r.rule_code for r in results if not r.is_passed}, severity)
            for severity in ("critical", "warning")
        }
        connection.execute(
            f"""
            copy (
                select line, critical_codes, warning_codes
                from (select line, {codes["critical"]} as critical_codes, {codes["warning"]} as warning_codes from d)
                where critical_codes is not null or warning_codes is not null
            ) to '{findings}' (format parquet)
            """
        ).fetchall()
        counts = connection.execute(
            f"select count(critical_codes), {_recount_sql(results)} from '{findings}'"
        ).fetchall()[0]
    results = [with_total(result, n_judged) for result in results]
    for result, recounted in zip([r for r in results if not r.is_passed], counts[1:], strict=False):
        if result.n_failed != recounted:
            raise JudgementError(
                f"{contract.source}: {result.rule_code} fails on {result.n_failed} rows, its predicate on {recounted}"
            )
    return Judgement(results, findings, n_judged, int(counts[0]))


def is_over_tolerance(n_bad: int, n_rows: int, tolerance: Tolerance) -> bool:
    """True when a delivery is held whole: more bad rows than both bounds allow."""
    return n_bad > tolerance.max_bad_rows and 100 * n_bad > tolerance.max_bad_pct * n_rows


def read_policy(registry: Path) -> list[DatedValue]:
    """The dated policy parameters of the registry's Parquet."""
    with connect() as connection:
        rows = connection.execute(
            f"""
            select parameter, value, valid_from, valid_to from '{registry / "policy_parameters.parquet"}'
            order by parameter, valid_from
            """
        ).fetchall()
    return [DatedValue(*row) for row in rows]


def _codes_sql(rules: RuleFile, policy: list[DatedValue], failed: set[str], severity: str) -> str:
    """Codes of the failed rules that a row breaks; rules that no row breaks are not computed again."""
    cases = [
        f"case when not coalesce({predicate(rule, policy)}, true) then '{rule.code}' end"
        for rule in rules.rules
        if rule.severity == severity and rule.code in failed
    ]
    return f"nullif(concat_ws(';', {', '.join(cases)}), '')" if cases else "cast(null as varchar)"


def _recount_sql(results: list[RuleResult]) -> str:
    counts = [
        f"count(*) filter (where contains(coalesce({r.severity}_codes, ''), '{r.rule_code}'))"
        for r in results
        if not r.is_passed
    ]
    return ", ".join(counts) or "0"


def with_total(result: RuleResult, n_judged: int) -> RuleResult:
    """A rule written in SQL reports only the bad rows; it looked at all of them."""
    if result.n_evaluated:
        return result
    return RuleResult(**{**result.__dict__, "n_evaluated": n_judged})
