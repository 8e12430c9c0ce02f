"""Measures nights against one hand-written script over the same files in the same run.

A night costs a + b·n CPU-seconds for n new dossiers with their events. `a` is a night without deliveries. `b·n` is a
night of n dossiers minus a night of a thousand: the cost of the dossiers without starting dbt and Great Expectations.
Every row of the floor's tables is compared with the built tables before a ratio is printed.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bench.homes import REGISTRY, SEED, cchc, inbox_of, settings_of
from bench.measure import Cost, measure
from bench.same_tables import measure_floor
from bench.table import Findings
from demo import write_bench

FEW = 1_000
LAST_DAY = date(2015, 12, 31)
MAX_EMPTY_CPU, MAX_FEW_CPU, MAX_RATIO, MAX_MEMORY_GB = 30.0, 18.0, 3.0, 3.0


def measure_nights(folder: Path, findings: Findings, sizes: Sequence[int]) -> None:
    """Measures an empty night and nights of each size. Raises DifferentResultError."""
    few = _night(folder / "few", FEW)
    empty = measure(cchc(folder / "few", "nightly"), settings_of(folder / "few"))
    findings.add("a: an empty night, with Prefect", empty)
    findings.expect("an empty night", empty.cpu, MAX_EMPTY_CPU, "CPU-seconds")
    findings.add(f"a night of {FEW:,} dossiers", few)
    findings.expect(f"a night of {FEW:,} dossiers", few.cpu, MAX_FEW_CPU, "CPU-seconds")
    for dossiers in sizes:
        here = folder / str(dossiers)
        night = _night(here, dossiers)
        floor = measure_floor(here, "nights", inbox_of(here), LAST_DAY)
        ratio = findings.add(f"b·n: {dossiers:,} dossiers", night, night.cpu - few.cpu, floor.cpu)
        findings.expect(f"{dossiers:,} dossiers", ratio, MAX_RATIO, "times the floor")
        findings.expect(f"{dossiers:,} dossiers", night.memory_gb, MAX_MEMORY_GB, "GB")
        shutil.rmtree(here)


def _night(here: Path, dossiers: int) -> Cost:
    """Generates the deliveries and measures the night that loads and publishes them."""
    write_bench(inbox_of(here), REGISTRY, dossiers, SEED)
    return measure(cchc(here, "nightly", "--without-prefect"), settings_of(here))
