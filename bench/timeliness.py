"""Measures the build of `core` and `timeliness` against one hand-written script.

The product loads the log of three years. The cost of starting the programs is measured on a thousand dossiers and
subtracted. Every row of the script's tables is compared with the built tables before a ratio is printed.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bench.homes import REGISTRY, SEED, inbox_of, settings_of
from bench.measure import Cost, measure, python_module
from bench.same_tables import measure_floor
from bench.table import Findings
from demo import write_bench
from ingest.contract import load_contracts

FEW = 1_000
YEARS = (2013, 2014, 2015)
MAX_RATIO, MAX_MEMORY_GB = 3.0, 6.0


def measure_timeliness(folder: Path, findings: Findings, dossiers: int) -> None:
    """Measures the build of `dossiers` dossiers with four events each. Raises DifferentResultError."""
    few, many = folder / "few_years", folder / "years"
    few_built, built = build_log(few, FEW), build_log(many, dossiers)
    floor = build_floor(many)
    case = f"core and timeliness of {dossiers:,}"
    ratio = findings.add(case, built, built.cpu - few_built.cpu, floor.cpu)
    findings.expect(case, ratio, MAX_RATIO, "times the floor")
    findings.expect(case, built.memory_gb, MAX_MEMORY_GB, "GB")


def build_log(here: Path, dossiers: int) -> Cost:
    """Generates the log, loads it, and measures the build of everything."""
    write_bench(inbox_of(here), REGISTRY, dossiers, SEED, years=YEARS)
    # Sources without deliveries are loaded too, because models need their columns.
    for source in load_contracts():
        measure(python_module("bench.land", source), settings_of(here))
    return measure(python_module("bench.build"), settings_of(here))


def build_floor(here: Path) -> Cost:
    """Runs the hand-written script over the same loads. Raises DifferentResultError when its tables differ."""
    return measure_floor(here, "timeliness", here / "home" / "landing", date(max(YEARS), 12, 31))
