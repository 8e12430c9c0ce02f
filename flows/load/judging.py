"""Judges deliveries together, and one by one when that fails, so that one that no rule can judge spoils no other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from expectations.delivered import Delivered, write_empty
from expectations.validate import Judgement, judge_batches
from flows.load.boundary import attempt, concerns_home, log_fault
from flows.night import Night
from ingest.contract import ITEM_SCHEMA
from ingest.discover import Delivery
from warehouse.staging import new_stage


def judge_deliveries(
    night: Night, source: str, deliveries: Sequence[tuple[Delivery, Delivered]]
) -> list[Judgement | str]:
    """Runs the source's rules on all deliveries at once; returns for each its judgement, or why it cannot be judged.

    Raises SuiteError, RuleError and the like when the rules themselves are broken, so that no delivery can be judged.
    """
    try:
        return [*_judge(night, source, [delivered for _, delivered in deliveries])]
    except BaseException as error:
        if concerns_home(error, night.settings):
            raise
        # Rules that fail on a delivery without rows fail on every one.
        _judge(night, source, [_empty(night, source)])
        log_fault(error, f"{source}: {len(deliveries)} deliveries judged together")
    return [
        attempt(night.settings, delivery, partial(_judge_alone, night, source, delivered), str)
        for delivery, delivered in deliveries
    ]


def _judge(night: Night, source: str, deliveries: Sequence[Delivered]) -> list[Judgement]:
    return judge_batches(night.validator, night.rules[source], deliveries, night.registry_parquet)


def _judge_alone(night: Night, source: str, delivered: Delivered) -> Judgement | str:
    (judgement,) = _judge(night, source, [delivered])
    return judgement


def _empty(night: Night, source: str) -> Delivered:
    contract = night.contracts[source]
    return write_empty(
        new_stage(night.home, f"empty-{source}"),
        contract.row_schema(),
        ITEM_SCHEMA if contract.items else None,
        night.started_at.date(),
    )
