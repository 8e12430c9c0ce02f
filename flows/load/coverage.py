"""Lands what a load covers beside its rows: agencies and days, for quality.expected_deliveries."""

from __future__ import annotations

from flows.night import Night
from ingest.contract import Contract
from ingest.coverage import COVERAGE_SCHEMA, coverage_sql
from warehouse.engine import connect
from warehouse.landing import EMPTY_LOAD, PART, coverage_of, landing_folder, move_part, new_stage, prepare_source
from warehouse.sql import quote_text


def prepare_coverage(night: Night, contract: Contract) -> None:
    """Writes the empty coverage file of a source, and the coverage of loads that were landed without one."""
    prepare_source(night.home, coverage_of(contract.source), COVERAGE_SCHEMA)
    for load_id in sorted(_landed(night, contract.source) - _landed(night, coverage_of(contract.source))):
        land_coverage(night, contract, load_id)


def land_coverage(night: Night, contract: Contract, load_id: str) -> None:
    """Writes the coverage of the landed rows of a load; replaces that of an earlier judgement."""
    rows = landing_folder(night.home, contract.source, load_id) / PART
    stage = new_stage(night.home, f"coverage-{load_id}")
    with connect(memory_limit=night.settings.memory_limit, threads=night.settings.threads) as connection:
        connection.execute(
            f"copy ({coverage_sql(contract, f'read_parquet({quote_text(str(rows))})')}) "
            f"to {quote_text(str(stage / PART))} (format parquet, compression zstd)"
        ).fetchall()
    move_part(stage, landing_folder(night.home, coverage_of(contract.source), load_id))


def _landed(night: Night, source: str) -> set[str]:
    folders = (night.home.landing / source).glob("load_id=*")
    return {folder.name.removeprefix("load_id=") for folder in folders} - {EMPTY_LOAD}
