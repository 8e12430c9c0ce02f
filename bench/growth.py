"""Measures how time, memory and disk of the build grow with the number of dossiers.

The log of a million dossiers of three years is landed as a night lands it. Larger logs are copies of those loads with
codes of their own, written from Parquet to Parquet, because their CSV files would not fit on the disk of the bench:
a hundred million dossiers are 90 GB of CSV. Every size builds everything, in a process of its own, and every count of
the on-time tables must be that of one copy times the number of copies before a cost is printed.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from bench.homes import REGISTRY, SEED, DifferentResultError, inbox_of, settings_of
from bench.measure import Cost, measure, python_module
from bench.table import Findings
from bench.timeliness import FEW, YEARS, build_log
from demo import write_bench
from ingest.contract import load_contracts
from warehouse.config import Home
from warehouse.landing import PART, coverage_of, landing_folder
from warehouse.ledger import Ledger

LOG = 1_000_000
MAX_GROWTH, MAX_MINUTES, MAX_MEMORY_GB = 1.2, 20.0, 8.0
# DuckDB counts its buffers; code, the Python process and what it does not count need the rest of MAX_MEMORY_GB.
_MEMORY_LIMIT = "6GB"
_COMPARED = 10
_COPIED = ("dossiers", "dossier_events")
_TABLES = ("on_time_by_agency_month", "on_time_by_agency_year", "on_time_by_procedure_year")


def measure_growth(folder: Path, findings: Findings, copies: Sequence[int]) -> None:
    """Measures the build of each number of copies of a log of `LOG` dossiers. Raises DifferentResultError."""
    here = folder / "growth"
    _land_log(here, findings)
    home = Home((here / "home").resolve())
    settings = {**settings_of(here), "CCHC_MEMORY_LIMIT": _MEMORY_LIMIT}
    counted: dict[str, int] = {}
    start = build_log(folder / "few_years", FEW).cpu
    each: dict[int, float] = {}
    cost = Cost(0, 0, 0)
    for number in sorted({1, *copies}):
        _copy_loads(home, number)
        shutil.rmtree(home.build, ignore_errors=True)
        cost = measure(python_module("bench.build"), settings)
        found = _counts(home)
        counted = counted or found
        _expect_multiple(counted, found, number)
        case = f"core and timeliness of {number * LOG:,}"
        each[number] = (cost.cpu - start) / number
        findings.add(case, cost, cost.cpu - start)
        disk = f"build {home.build_db.stat().st_size / 1e9:.1f} GB, landing {_size(home.landing):.1f} GB"
        findings.lines.append((f"  each million {each[number]:.2f} CPU s; {disk}", *[""] * 5))
    last = max(copies)
    if _COMPARED in each and last > _COMPARED:
        case = f"a dossier of {last * LOG:,} beside one of {_COMPARED * LOG:,}"
        findings.expect(case, each[last] / each[_COMPARED], MAX_GROWTH, "times")
    findings.expect(f"{last * LOG:,} dossiers", cost.wall / 60, MAX_MINUTES, "minutes")
    findings.expect(f"{last * LOG:,} dossiers", cost.memory_gb, MAX_MEMORY_GB, "GB")


def _land_log(here: Path, findings: Findings) -> None:
    """Lands one log; the cost of its two files is a line of the table."""
    write_bench(inbox_of(here), REGISTRY, LOG, SEED, years=YEARS)
    for source in load_contracts():
        cost = measure(python_module("bench.land", source), settings_of(here))
        if source in _COPIED:
            findings.add(f"{source} of {LOG:,} dossiers, landed", cost)
    shutil.rmtree(inbox_of(here))
    inbox_of(here).mkdir()


def _copy_loads(home: Home, copies: int) -> None:
    """Adds loads to the landing and the ledger until every load of the log is there `copies` times."""
    ledger = Ledger(home)
    loads = [load for load in ledger.loads() if load.source in _COPIED]
    originals = loads[: len(_COPIED)]
    for number in range(len(loads) // len(_COPIED), copies):
        for load in originals:
            sha256 = hashlib.sha256(f"{load.sha256} {number}".encode()).hexdigest()
            copy = replace(load, load_seq=ledger.next_load_seq(), sha256=sha256, load_id=sha256[:16])
            _copy_part(home, load.source, load.load_id, copy.load_id, number)
            _copy_folder(home, coverage_of(load.source), load.load_id, copy.load_id)
            ledger.append_load(copy)


def _copy_part(home: Home, source: str, original: str, load_id: str, number: int) -> None:
    """Writes a copy in which the last part of every code, its number, has three digits more."""
    part, target = landing_folder(home, source, original) / PART, landing_folder(home, source, load_id) / PART
    target.parent.mkdir(parents=True)
    code = f"regexp_replace(dossier_code, '-([0-9]+)$', '-{number:03d}\\1') as dossier_code"
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as connection:
        connection.execute(
            f"copy (select * replace ({code}) from read_parquet('{part}', hive_partitioning = false)) "
            f"to '{target}' (format parquet, compression zstd)"
        ).fetchall()


def _copy_folder(home: Home, name: str, original: str, load_id: str) -> None:
    folder = landing_folder(home, name, original)
    if folder.exists():
        shutil.copytree(folder, landing_folder(home, name, load_id))


def _counts(home: Home) -> dict[str, int]:
    """Returns the sum of every count of the on-time tables."""
    with duckdb.connect(str(home.build_db), read_only=True) as connection:
        return {
            f"{table}.{name}": total
            for table in _TABLES
            for name, kind, *_ in connection.execute(f"describe timeliness.{table}").fetchall()
            if name.startswith("n_") and kind == "BIGINT"
            for (total,) in connection.execute(f"select sum({name})::bigint from timeliness.{table}").fetchall()
        }


def _expect_multiple(one: dict[str, int], many: dict[str, int], copies: int) -> None:
    for name, total in many.items():
        if total != one[name] * copies:
            raise DifferentResultError(f"{name}: {total:,} of {copies} copies, {one[name]:,} of one")


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9
