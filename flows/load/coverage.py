"""Lands what a load covers beside its rows: agencies and days, for quality.expected_deliveries."""

from __future__ import annotations

from pathlib import Path

from flows.night import Night
from ingest.contract import Contract
from ingest.coverage import COVERAGE_SCHEMA, coverage_sql
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.landing import EMPTY_LOAD, PART, coverage_of, landing_folder, prepare_source
from warehouse.sql import quote_text
from warehouse.transaction import Transaction


def prepare_coverage(night: Night, contract: Contract) -> None:
    """Writes the empty coverage file of a source, and the coverage of loads that were landed without one."""
    prepare_source(night.home, coverage_of(contract.source), COVERAGE_SCHEMA)
    for load_id in sorted(_landed(night, contract.source) - _landed(night, coverage_of(contract.source))):
        transaction = Transaction(night.home, f"coverage-{load_id}")
        rows = landing_folder(night.home, contract.source, load_id) / PART
        write_coverage(night, contract, rows, transaction.place(coverage_part(night.home, contract.source, load_id)))
        transaction.commit()


def coverage_part(home: Home, source: str, load_id: str) -> Path:
    """Returns the file with the coverage of a load."""
    return landing_folder(home, coverage_of(source), load_id) / PART


def write_coverage(night: Night, contract: Contract, rows: Path, target: Path) -> None:
    """Writes the coverage of the accepted rows of a load, a Parquet file."""
    with connect(memory_limit=night.settings.memory_limit, threads=night.settings.threads) as connection:
        connection.execute(
            f"copy ({coverage_sql(contract, f'read_parquet({quote_text(str(rows))})')}) "
            f"to {quote_text(str(target))} (format parquet, compression zstd)"
        ).fetchall()


def _landed(night: Night, source: str) -> set[str]:
    folders = (night.home.landing / source).glob("load_id=*")
    return {folder.name.removeprefix("load_id=") for folder in folders} - {EMPTY_LOAD}
