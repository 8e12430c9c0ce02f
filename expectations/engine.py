"""Runs Great Expectations on DuckDB. No other module imports it.

Great Expectations has no DuckDB dialect (great_expectations#10738, #11579). It keeps connections open only for the
dialects in a private list and closes the others between creating a batch and reading it, which empties DuckDB's
results. This module adds DuckDB to that list. Because the name is private, the version is pinned and a test checks it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from expectations.rules import Rule, RuleFile
from warehouse.ledger import RuleResult

_ATTACHED = "select database_name from duckdb_databases() where path is not null and not internal"


class SuiteError(RuntimeError):
    """A suite did not evaluate every declared rule, so no verdict can be given."""


class _DuckDbDialect(str):
    value = "duckdb"


class Validator:
    """Runs suites on tables or views of DuckDB files during one night and keeps the results for Data Docs."""

    def __init__(self, memory_limit: str = "2GB", threads: int = 2) -> None:
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        import great_expectations as gx
        import great_expectations.execution_engine.sqlalchemy_execution_engine as gx_engine
        from great_expectations.data_context.types.base import ProgressBarsConfig

        persisted: tuple[Any, ...] = gx_engine._PERSISTED_CONNECTION_DIALECTS
        if not any(str(getattr(dialect, "value", dialect)) == "duckdb" for dialect in persisted):
            gx_engine.__dict__["_PERSISTED_CONNECTION_DIALECTS"] = (*persisted, _DuckDbDialect("duckdb"))
        # This logger sets its own level and logs every temporary folder it creates.
        logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
        self.context: Any = gx.get_context(mode="ephemeral")
        self.context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._config = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": memory_limit,
            "threads": threads,
        }
        self._runs = 0

    def validate(self, rules: RuleFile, suite: Any, table: str, setup: Sequence[str]) -> list[RuleResult]:
        """Runs a suite on one table or view and returns one result per rule, in the order of the rules.

        `setup` are the statements that define `table` in an in-memory database of this validation. A file that they
        attach is detached afterwards: DuckDB refuses to open a file twice with different settings, and the driver
        under Great Expectations never closes the connections that it opens itself.
        Raises SuiteError when not every declared rule was evaluated, or when a rule raised.
        """
        import great_expectations as gx
        from sqlalchemy import text

        self._runs += 1
        name = f"{rules.subject}-{self._runs}"
        source = self.context.data_sources.add_sql(
            name, connection_string=f"duckdb:///:memory:{name}", kwargs={"connect_args": {"config": self._config}}
        )
        engine = source.get_execution_engine()
        with engine.get_connection() as connection:
            for statement in setup:
                # Not as text(), which takes a colon in a path for a parameter.
                connection.exec_driver_sql(statement).close()
            n_rows = int(connection.execute(text(f"select count(*) from {table}")).scalar_one())
            connection.commit()
        asset = source.add_table_asset(name, table_name=table)
        suite.name = name
        definition = self.context.validation_definitions.add(
            gx.ValidationDefinition(
                name=name, data=asset.add_batch_definition_whole_table("whole"), suite=self.context.suites.add(suite)
            )
        )
        try:
            # Data Docs show counts and never a cell: an unquoted separator puts a person's name into any column.
            outcome = definition.run(result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0})
        finally:
            with engine.get_connection() as connection:
                connection.rollback()
                for (attached,) in connection.execute(text(_ATTACHED)).fetchall():
                    connection.execute(text(f"detach {attached}")).close()
                connection.commit()
                connection.close()
            engine.engine.dispose()
            source.get_engine().dispose()
        return self._flatten(outcome, rules, n_rows)

    def _flatten(self, outcome: Any, rules: RuleFile, n_rows: int) -> list[RuleResult]:
        found = {result.expectation_config.meta["code"]: result for result in outcome.results}
        evaluated = outcome.statistics["evaluated_expectations"]
        if evaluated == 0 or evaluated != len(rules.rules) or set(found) != {rule.code for rule in rules.rules}:
            raise SuiteError(f"{rules.subject}: {len(rules.rules)} rules declared, {evaluated} evaluated")
        return [self._result(found[rule.code], rule, rules.subject, n_rows) for rule in rules.rules]

    def _result(self, result: Any, rule: Rule, subject: str, n_rows: int) -> RuleResult:
        fault = (result.exception_info or {}).get("exception_message") or _nested_fault(result.exception_info)
        if fault:
            raise SuiteError(f"{subject}: {rule.code} could not be evaluated: {fault}")
        content = result.result
        n_failed = content.get("unexpected_count")
        if n_failed is None:
            observed = content.get("observed_value")
            n_failed = observed if rule.expect is None else int(not result.success)
        return RuleResult(
            source=subject,
            rule_code=rule.code,
            severity=rule.severity,
            # A SQL rule reports only the bad rows, but it evaluates every row.
            n_evaluated=n_rows,
            n_failed=int(n_failed),
            statement=rule.says,
            basis=rule.basis,
        )


def _nested_fault(info: Any) -> str | None:
    """Returns the first exception message of expectations that report one exception per metric."""
    for value in (info or {}).values():
        if isinstance(value, dict) and value.get("raised_exception"):
            return str(value.get("exception_message"))
    return None


def prove(validator: Validator) -> None:
    """Raises SuiteError unless the engine finds a planted fault; the dialect shim relies on a private name."""
    from expectations.suites import build_suite

    rules = RuleFile.model_validate(
        {
            "source": "proof",
            "rules": [
                {
                    "code": "PRF-01",
                    "says": "Giá trị không được trống.",
                    "severity": "critical",
                    "basis": "kiểm tra máy",
                    "expect": "ExpectColumnValuesToNotBeNull",
                    "with": {"column": "value"},
                }
            ],
        }
    )
    setup = ["create view proof as select unnest([1, null, 3]) as value"]
    found = validator.validate(rules, build_suite(rules, []), "proof", setup)
    if [result.n_failed for result in found] != [1]:
        raise SuiteError("Great Expectations did not find the planted fault; its version must be the pinned one")
