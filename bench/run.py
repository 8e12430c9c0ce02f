"""`make bench`: what a night costs, against one hand-written script over the same files in the same run.

A night costs a + b·n CPU-seconds for n new dossiers with their events. `a` is a night in which nothing was delivered.
`b·n` is a night of n dossiers less one of a thousand: what the dossiers cost, without starting dbt and Great
Expectations. Before any ratio is printed, the totals of the floor's agency-month table are held against those of the
published one.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from bench.measure import Cost, measure, python_module
from ingest.synthetic import write_bench
from warehouse.config import CODE_ROOT

SEED, FEW = 1, 1_000
MAX_EMPTY_CPU, MAX_RATIO, MAX_MEMORY_GB = 30.0, 3.0, 3.0
REGISTRY = CODE_ROOT / "dbt_project" / "seeds"
# Overdue stock is left out: the floor takes the day after the due date for the first late one, also when it is off.
_SAME = [
    "n_received",
    "n_finished",
    "n_withdrawn",
    "n_stopped",
    "n_early",
    "n_on_time",
    "n_late",
    "n_due_cohort",
    "n_due_on_time",
    "n_open",
]


class DifferentResultError(RuntimeError):
    """The floor and the pipeline do not say the same: a ratio between them would mean nothing."""


def main() -> int:
    """Measure, print the table, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dossiers", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--folder", type=Path, default=Path("data/bench"), help="where inputs and homes are written")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    console = Console(highlight=False)

    few = _night(folder, FEW)
    empty = measure(_cchc(folder, FEW, "nightly"), _environment(folder, FEW))
    table = Table(box=None, pad_edge=False)
    for name in ("case", "CPU s", "floor CPU s", "ratio", "wall s", "peak GB"):
        table.add_column(name, justify="left" if name == "case" else "right")
    table.add_row("a: an empty night, with Prefect", f"{empty.cpu:.1f}", "", "", f"{empty.wall:.1f}", _gb(empty))
    table.add_row(f"a night of {FEW:,} dossiers", f"{few.cpu:.1f}", "", "", f"{few.wall:.1f}", _gb(few))
    missed = [] if empty.cpu <= MAX_EMPTY_CPU else [f"an empty night takes {empty.cpu:.1f} CPU-seconds"]
    for dossiers in arguments.dossiers:
        night, floor = _night(folder, dossiers), _floor(folder, dossiers)
        _compare(folder, dossiers)
        cost = night.cpu - few.cpu
        ratio = cost / floor.cpu
        name = f"b·n: {dossiers:,} dossiers"
        table.add_row(name, f"{cost:.1f}", f"{floor.cpu:.1f}", f"{ratio:.2f}", f"{night.wall:.1f}", _gb(night))
        if ratio > MAX_RATIO:
            missed.append(f"{dossiers:,} dossiers cost {ratio:.2f} times the floor")
        if night.memory_gb > MAX_MEMORY_GB:
            missed.append(f"{dossiers:,} dossiers take {night.memory_gb:.1f} GB")
        shutil.rmtree(folder / str(dossiers))
    console.print(table)
    console.print(f"targets: a at most {MAX_EMPTY_CPU:g}, ratio at most {MAX_RATIO:g}, peak under {MAX_MEMORY_GB:g} GB")
    for fault in missed:
        console.print(f"missed: {fault}")
    return int(bool(missed))


def _night(folder: Path, dossiers: int) -> Cost:
    """Invent the deliveries and measure the night that loads and publishes them."""
    write_bench(folder / str(dossiers) / "inbox", REGISTRY, dossiers, SEED)
    return measure(_cchc(folder, dossiers, "nightly", "--without-prefect"), _environment(folder, dossiers))


def _floor(folder: Path, dossiers: int) -> Cost:
    here = folder / str(dossiers)
    registry = here / "home" / "build" / "inputs" / "registry"
    command = python_module("bench.floor", str(here / "inbox"), str(registry), str(here / "floor"), "2015-12-31")
    return measure(command, {})


def _compare(folder: Path, dossiers: int) -> None:
    here = folder / str(dossiers)
    sums = ", ".join(f"sum({name})" for name in _SAME)
    rows = []
    for path, table in [
        (here / "floor" / "floor.duckdb", "agency_month"),
        (here / "home" / "publications" / "current" / "warehouse.duckdb", "timeliness.on_time_by_agency_month"),
    ]:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows.append(connection.execute(f"select {sums} from {table}").fetchall()[0])
    if rows[0] != rows[1]:
        raise DifferentResultError(f"{dict(zip(_SAME, zip(*rows, strict=True), strict=True))}")


def _cchc(folder: Path, dossiers: int, *arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("cchc")), "--home", str(folder / str(dossiers) / "home"), *arguments]


def _environment(folder: Path, dossiers: int) -> dict[str, str]:
    return {"CCHC_INBOX": str(folder / str(dossiers) / "inbox"), "CCHC_SETTLE_SECONDS": "0"}


def _gb(cost: Cost) -> str:
    return f"{cost.memory_gb:.2f}"


if __name__ == "__main__":
    sys.exit(main())
