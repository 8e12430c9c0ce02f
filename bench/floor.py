"""Runs floor.sql in a process of its own: `python -m bench.floor <inbox> <registry parquet> <out> <as_of>`."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

SCRIPT = Path(__file__).with_name("floor.sql")


def run_floor(inbox: Path, registry: Path, out: Path, as_of: str) -> None:
    """Build `agency_month` in <out>/floor.duckdb from the CSV files of an inbox; settings as a night's own."""
    out.mkdir(parents=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": "2GB",
        "temp_directory": str(out / "spill"),
    }
    with duckdb.connect(str(out / "floor.duckdb"), config=config) as connection:
        for name, value in {
            "dossiers": str(next((inbox / "dossiers").glob("*.csv"))),
            "events": str(next((inbox / "dossier_events").glob("*.csv"))),
            "registry": str(registry),
            "out": str(out),
        }.items():
            connection.execute(f"set variable {name} = '{value}'").fetchall()
        connection.execute(f"set variable as_of = date '{as_of}'").fetchall()
        for statement in duckdb.extract_statements(SCRIPT.read_text(encoding="utf-8")):
            connection.execute(statement).fetchall()


if __name__ == "__main__":
    run_floor(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
