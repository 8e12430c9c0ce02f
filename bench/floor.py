"""Runs a floor in a process of its own: `python -m bench.floor nights <inbox> <registry parquet> <out> <as_of>`, or
`timeliness` with the landing for the inbox."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import duckdb


def run_floor(name: str, source: Path, registry: Path, out: Path, as_of: str) -> None:
    """Run the script of a floor in <out>/floor.duckdb; settings as a night's own. Raises KeyError for another name."""
    script, variables_of = FLOORS[name]
    out.mkdir(parents=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": "2GB",
        "temp_directory": str(out / "spill"),
    }
    variables = {**variables_of(source), "registry": str(registry), "out": str(out)}
    with duckdb.connect(str(out / "floor.duckdb"), config=config) as connection:
        for variable, value in variables.items():
            connection.execute(f"set variable {variable} = '{value}'").fetchall()
        connection.execute(f"set variable as_of = date '{as_of}'").fetchall()
        statements = Path(__file__).with_name(script).read_text(encoding="utf-8")
        for statement in duckdb.extract_statements(statements):
            connection.execute(statement).fetchall()


def _delivered(inbox: Path) -> dict[str, str]:
    return {
        "dossiers": str(next((inbox / "dossiers").glob("*.csv"))),
        "events": str(next((inbox / "dossier_events").glob("*.csv"))),
    }


def _landed(landing: Path) -> dict[str, str]:
    return {"landing": str(landing)}


FLOORS: dict[str, tuple[str, Callable[[Path], dict[str, str]]]] = {
    "nights": ("floor.sql", _delivered),
    "timeliness": ("timeliness_floor.sql", _landed),
}

if __name__ == "__main__":
    run_floor(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5])
