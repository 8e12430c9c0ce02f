"""Runs a floor in its own process: `python -m bench.floor nights <inbox> <registry parquet> <out> <as_of>`, or
`timeliness` with the landing in place of the inbox."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from warehouse.config import CODE_ROOT

LOG = CODE_ROOT / "bench" / "csv_log_floor.sql"
TABLES = CODE_ROOT / "tests" / "oracles" / "timeliness_floor.sql"


def run_nights(inbox: Path, registry: Path, out: Path, as_of: str) -> None:
    """Builds the tables in <out>/floor.duckdb from the CSV files of an inbox."""
    landing = out / "landing"
    for source in ("dossiers", "dossier_events"):
        (landing / source / "floor").mkdir(parents=True)
    delivered = {
        "dossiers": str(next((inbox / "dossiers").glob("*.csv"))),
        "events": str(next((inbox / "dossier_events").glob("*.csv"))),
        "registry": str(registry),
        "out": str(landing),
    }
    _run(LOG, out, delivered, as_of)
    run_timeliness(landing, registry, out, as_of)


def run_timeliness(landing: Path, registry: Path, out: Path, as_of: str) -> None:
    """Builds the tables in <out>/floor.duckdb from typed Parquet, one load of each source."""
    out.mkdir(parents=True, exist_ok=True)
    _run(TABLES, out, {"landing": str(landing), "registry": str(registry)}, as_of)


def _run(script: Path, out: Path, variables: dict[str, str], as_of: str) -> None:
    """Runs a script with the engine settings of a night."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": "2GB",
        "temp_directory": str(out / "spill"),
    }
    with duckdb.connect(str(out / "floor.duckdb"), config=config) as connection:
        for variable, value in variables.items():
            connection.execute(f"set variable {variable} = '{value}'").fetchall()
        connection.execute(f"set variable as_of = date '{as_of}'").fetchall()
        statements = script.read_text(encoding="utf-8")
        for statement in duckdb.extract_statements(statements):
            connection.execute(statement).fetchall()


if __name__ == "__main__":
    floors = {"nights": run_nights, "timeliness": run_timeliness}
    floors[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5])
