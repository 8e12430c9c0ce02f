"""What building `core` and `timeliness` costs, whole and as an increment, beside one hand-written script.

The log of three years is loaded by the product. What the programs cost to start is measured on a thousand dossiers and
taken off. Before any ratio is printed, every row of the script's tables is held against the built ones.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bench.homes import REGISTRY, SEED, inbox_of, settings_of
from bench.measure import Cost, measure, python_module
from bench.same_tables import measure_floor
from bench.table import Findings
from demo import write_bench_days
from ingest.contract import load_contracts

FEW = 1_000
YEARS = (2013, 2014, 2015)
# Three days of three years change one dossier in a hundred.
FIRST_DAY, LAST_DAY = date(2015, 12, 28), date(2015, 12, 31)
MAX_RATIO, MAX_MEMORY_GB, MAX_INCREMENT = 3.0, 6.0, 0.1


def measure_timeliness(folder: Path, findings: Findings, dossiers: int) -> None:
    """The build of `dossiers` dossiers with four events each, and the increment of 1 %. Raises DifferentResultError."""
    few, many = folder / "few_years", folder / "years"
    few_whole, few_increment = build_whole(few, FEW), build_increment(few)
    whole = build_whole(many, dossiers)
    floor = build_floor(many)
    ratio = findings.add(f"core and timeliness of {dossiers:,}", whole, whole.cpu - few_whole.cpu, floor.cpu)
    findings.expect(f"core and timeliness of {dossiers:,}", ratio, MAX_RATIO, "times the floor")
    findings.expect(f"core and timeliness of {dossiers:,}", whole.memory_gb, MAX_MEMORY_GB, "GB")
    increment = build_increment(many)
    ratio = findings.add(
        "an increment of 1 % (floor: the build)",
        increment,
        increment.cpu - few_increment.cpu,
        whole.cpu - few_whole.cpu,
    )
    findings.expect("an increment of 1 %", ratio, MAX_INCREMENT, "times the build")


def build_whole(here: Path, dossiers: int) -> Cost:
    """Invent the log, load it as it stood on the first day, and measure the build of everything."""
    folders = {FIRST_DAY: inbox_of(here), LAST_DAY: _later(here)}
    write_bench_days(folders, REGISTRY, dossiers, SEED, YEARS)
    # Also those of which nothing came: a model finds their columns.
    for source in load_contracts():
        _land(here, inbox_of(here), source)
    return _build(here)


def build_floor(here: Path) -> Cost:
    """Run the hand-written script over the same loads. Raises DifferentResultError unless it finds the same."""
    return measure_floor(here, "timeliness", here / "home" / "landing", FIRST_DAY)


def build_increment(here: Path) -> Cost:
    """Load what the days since the first have brought, and measure the build that adds it."""
    for source in ("dossiers", "dossier_events"):
        _land(here, _later(here), source)
    return _build(here)


def _later(here: Path) -> Path:
    return here / "later"


def _land(here: Path, inbox: Path, source: str) -> None:
    measure(python_module("bench.land", source), {**settings_of(here), "CCHC_INBOX": str(inbox)})


def _build(here: Path) -> Cost:
    return measure(python_module("bench.build"), settings_of(here))
