"""Measures deliveries from the inbox to the landing, with every rule evaluated and personal columns pseudonymised.

Three cases: one large CSV file, compared with DuckDB reading, casting and writing the same file; one large workbook,
compared with fastexcel reading it into Arrow; and a night with many small files, compared with a night without
deliveries. Every cost is that of a separate process. The landed rows are counted before a cost is printed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from bench.homes import REGISTRY, SEED, cchc, expect_landed, inbox_of, settings_of
from bench.measure import Cost, measure, python_module
from bench.table import Findings
from demo import write_bench, write_bench_files, write_bench_workbook

MAX_CSV_RATIO, MAX_CSV_MEMORY_GB = 4.0, 2.0
MAX_SHEET_RATIO = 2.0
MAX_FILE_CPU, ROWS_OF_A_FILE = 0.25, 20
_TIMES = 3


def measure_csv(folder: Path, findings: Findings, rows: int) -> None:
    """Measures one CSV file of `rows` dossiers. Raises DifferentResultError."""
    here = folder / f"csv-{rows}"
    write_bench(inbox_of(here), REGISTRY, rows, SEED, with_events=False)
    (source,) = (inbox_of(here) / "dossiers").iterdir()
    floor = measure(python_module("bench.csv_floor", str(source), str(here / "floor" / "dossiers.parquet")), {})
    cost = measure(python_module("bench.land", "dossiers"), settings_of(here))
    expect_landed(here, 1, rows)
    name = f"CSV of {rows:,} rows"
    ratio = findings.add(f"{name}, landed", cost, floor=floor.cpu)
    findings.expect(name, ratio, MAX_CSV_RATIO, "times DuckDB")
    findings.expect(name, cost.memory_gb, MAX_CSV_MEMORY_GB, "GB")
    shutil.rmtree(here)


def measure_workbook(folder: Path, findings: Findings, rows: int) -> None:
    """Measures the rows of one workbook of `rows` dossiers. Raises DifferentResultError.

    The cost of a workbook with a single dossier is subtracted: it is the start of Python, DuckDB and Great
    Expectations, which a night pays once.
    """
    large, small = folder / f"workbook-{rows}", folder / "workbook-1"
    path = write_bench_workbook(inbox_of(large), REGISTRY, rows, SEED)
    write_bench_workbook(inbox_of(small), REGISTRY, 1, SEED)
    floor = _median([measure(python_module("bench.sheet_floor", str(path)), {}) for _ in range(_TIMES)])
    cost, start = _median(_landings(large, rows)), _median(_landings(small, 1))
    name = f"XLSX of {rows:,} rows"
    findings.add("XLSX of 1 row, landed", start)
    ratio = findings.add(f"{name}, above 1 row", cost, cost.cpu - start.cpu, floor.cpu)
    findings.expect(name, ratio, MAX_SHEET_RATIO, "times fastexcel")
    shutil.rmtree(large)
    shutil.rmtree(small)


def measure_files(folder: Path, findings: Findings, files: int) -> None:
    """Measures a night of `files` small files, alternately CSV and XLSX, above a later night without new files.

    The later night lists the same inbox and reads the same ledger. The cost of the files therefore contains the fixed
    cost of any night with new files: opening dbt and Great Expectations, building, auditing and publishing.
    Raises DifferentResultError.
    """
    here = folder / f"files-{files}"
    write_bench_files(inbox_of(here), REGISTRY, files, ROWS_OF_A_FILE, SEED)
    command, settings = cchc(here, "nightly", "--without-prefect"), settings_of(here)
    full = measure(command, settings)
    expect_landed(here, files, files * ROWS_OF_A_FILE)
    empty = _median([measure(command, settings) for _ in range(_TIMES)])
    findings.add(f"an empty night, {files:,} files known", empty)
    findings.add(f"a night of {files:,} small files", full)
    each = (full.cpu - empty.cpu) / files
    findings.expect(f"each of {files:,} small files", each, MAX_FILE_CPU, "CPU-seconds")
    findings.lines.append((f"each file above the empty night: {each:.3f}", *[""] * 5))
    shutil.rmtree(here)


def _landings(here: Path, rows: int) -> list[Cost]:
    costs = []
    for _ in range(_TIMES):
        shutil.rmtree(here / "home", ignore_errors=True)
        costs.append(measure(python_module("bench.land", "dossiers"), settings_of(here)))
        expect_landed(here, 1, rows)
    return costs


def _median(costs: list[Cost]) -> Cost:
    return Cost(*(median(values) for values in zip(*((c.cpu, c.wall, c.memory_gb) for c in costs), strict=True)))
