"""Support for tests of whole nights: runs the command in processes and reads the resulting home."""

from __future__ import annotations

import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb

from warehouse.config import Home

ROOT = Path(__file__).resolve().parents[2]
# Times differ between two equal homes, so they are not compared.
_WHEN = {"built_at", "loaded_at", "delivered_at"}


@dataclass(frozen=True)
class Outcome:
    """Result of one command; `text` is its output on one line, independent of the terminal's width."""

    pid: int
    exit_code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return " ".join((self.stdout + self.stderr).split())


def clean_environment(**settings: str) -> dict[str, str]:
    """The environment of a test's process: no setting of the user's, a terminal of 80 columns, no waiting for files."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "PREFECT_"))}
    return {**ours, "COLUMNS": "80", "OPENBLAS_NUM_THREADS": "1", "CCHC_SETTLE_SECONDS": "0", **settings}


class Cchc:
    """Runs `cchc`, two commands at a time, each in a process of its own (see tests/support/kill_night.py).

    `shared` is the folder of all processes of this test run. A worker takes ten seconds to begin: there is a second
    only once two commands run at the same time.
    """

    def __init__(self, folder: Path, shared: Path) -> None:
        self._folder, self._shared, self._numbers = folder, shared, itertools.count(1)
        self._pool = ThreadPoolExecutor(2)
        self._free: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()
        self._workers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        for worker in self._workers:
            worker.communicate()

    def __call__(self, home: Path, *arguments: str, **options: Any) -> Outcome:
        """Runs one command on a home and wait for its end; the options are those of `start`."""
        return self.start(home, *arguments, **options).result()

    def start(
        self,
        home: Path,
        *arguments: str,
        registry: Path | None = None,
        environment: Mapping[str, str] | None = None,
        kill_at: tuple[str, int] | None = None,
        kill_at_change: int | None = None,
        wait_at: tuple[str, Path] | None = None,
        rules: Path | None = None,
        largest_file: int | None = None,
        obeys_permissions: bool = False,
    ) -> Future[Outcome]:
        """Begin one command.

        `kill_at`: SIGKILL at the nth call of a function. `kill_at_change`: before the nth change of the
        home. `wait_at`: wait at the first call for a named pipe. `rules`:
        a folder of other rule files. `largest_file`: bytes beyond which the kernel lets no file grow.
        `obeys_permissions`: even when it runs as root.
        """
        job = {
            "arguments": ["--home", str(home), *(["--registry", str(registry)] if registry else []), *arguments],
            "output": str(self._folder / f"{next(self._numbers):03d}"),
            "environment": dict(environment or {}),
            "home": str(home),
            "kill_at": kill_at,
            "kill_at_change": kill_at_change,
            "wait_at": wait_at and (wait_at[0], str(wait_at[1])),
            "rules": rules and str(rules),
            "largest_file": largest_file,
            "obeys_permissions": obeys_permissions,
        }
        return self._pool.submit(self._run, job)

    def _run(self, job: dict[str, Any]) -> Outcome:
        try:
            worker = self._free.get_nowait()
        except queue.Empty:
            worker = self._begin_worker()
        try:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(json.dumps(job) + "\n")
            worker.stdin.flush()
            pid, exit_code = json.loads(worker.stdout.readline())
        finally:
            self._free.put(worker)
        return Outcome(pid, exit_code, *(Path(f"{job['output']}.{name}").read_text() for name in ("stdout", "stderr")))

    def _begin_worker(self) -> subprocess.Popen[str]:
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.support.kill_night", str(self._shared)],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._workers.append(worker)
        return worker


def copy_home(home: Home, target: Path) -> Home:
    """Copies a home to another folder, with delivery times and the pointer."""
    shutil.copytree(home.root, target, symlinks=True)
    return Home(target)


def query(database: Path | None, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Returns the rows of a query on a database file; without one, on the Parquet files of the parameters."""
    with duckdb.connect(str(database or ":memory:"), read_only=database is not None) as connection:
        return connection.execute(sql, parameters or None).fetchall()


def select(home: Home, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Returns the rows that a reader of the current publication gets."""
    return query(home.current / "warehouse.duckdb", sql, *parameters)


def published_rows(publication: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every published table, in a fixed order, without the columns of times of the run."""
    database = publication / "warehouse.duckdb"
    columns: dict[str, list[str]] = {}
    for table, column in query(
        database, "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    ):
        columns.setdefault(table, []).extend([column] if column not in _WHEN else [])
    return {
        table: query(database, f"SELECT {', '.join(names)} FROM {table} ORDER BY ALL")
        for table, names in sorted(columns.items())
    }


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Returns the ledger's JSON files of one kind, in order."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def tree_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Returns every file with its size and time of change: the same afterwards means that nothing was written."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
