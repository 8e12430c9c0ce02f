"""`make bench`: measures nights, builds and deliveries beside floors of the same run, and the coverage of intervals.

`python -m bench.run --only files` measures one part. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from rich.console import Console

from bench import coverage, deliveries, growth, nights, timeliness
from bench.table import Findings

PARTS = ("nights", "timeliness", "csv", "workbook", "files", "coverage")
# A hundred million dossiers take half an hour and 40 GB of disk: only when it is named.
LARGE = ("growth",)


def main() -> int:
    """Measures, prints the table, and returns 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=(*PARTS, *LARGE), nargs="+", default=PARTS, help="parts to measure")
    parser.add_argument("--dossiers", type=int, nargs="+", default=[1_000_000, 5_000_000], help="sizes of nights")
    parser.add_argument("--log", type=int, default=10_000_000, help="dossiers of the log of three years")
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 10, 30, 100], help="dossiers of growth")
    parser.add_argument("--csv-rows", type=int, default=10_000_000, help="rows of the large CSV file")
    parser.add_argument("--workbook-rows", type=int, default=100_000, help="rows of the large workbook")
    parser.add_argument("--files", type=int, default=1_000, help="small files of one night")
    parser.add_argument("--surveys", type=int, default=10_000, help="simulated surveys of each case of coverage")
    parser.add_argument("--folder", type=Path, default=Path("data/bench"), help="where inputs and homes are written")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    findings = Findings()
    if "nights" in arguments.only:
        nights.measure_nights(folder, findings, arguments.dossiers)
    if "timeliness" in arguments.only:
        timeliness.measure_timeliness(folder, findings, arguments.log)
    if "csv" in arguments.only:
        deliveries.measure_csv(folder, findings, arguments.csv_rows)
    if "workbook" in arguments.only:
        deliveries.measure_workbook(folder, findings, arguments.workbook_rows)
    if "files" in arguments.only:
        deliveries.measure_files(folder, findings, arguments.files)
    if "coverage" in arguments.only:
        coverage.measure_coverage(findings, arguments.surveys)
    if "growth" in arguments.only:
        growth.measure_growth(folder, findings, arguments.millions)
    findings.show(Console(highlight=False))
    return int(bool(findings.missed))


if __name__ == "__main__":
    sys.exit(main())
