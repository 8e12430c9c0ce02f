"""A Prefect server and a worker of a test's own, started with the commands of docs/operations.md."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.nights import ROOT, clean_environment

PREFECT = str(Path(sys.executable).with_name("prefect"))
# A server and a worker look for work every few seconds; a test has no time for that.
_EAGER = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
}


class PrefectServer:
    """A server on loopback with a database of its own, and at most one worker."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._api = f"http://127.0.0.1:{self._port}/api"
        self.environment = clean_environment(
            PREFECT_HOME=str(folder / "prefect"),
            PREFECT_API_URL=self._api,
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PYTHONPATH=str(ROOT),
            **_EAGER,
            **settings,
        )
        self._processes: list[subprocess.Popen[bytes]] = []
        self._worker: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; the server answers some ten seconds later."""
        self._begin("server", "start", "--host", "127.0.0.1", "--port", str(self._port), "--no-ui")

    def deploy(self) -> None:
        """Wait for the server, then deploy what prefect.yaml declares."""
        wait_for(self._answers, 90, "the server answers", self.said)
        for command in (
            ["work-pool", "create", "local-process", "--type", "process"],
            ["--no-prompt", "deploy", "--all"],
        ):
            subprocess.run([PREFECT, *command], cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def start_worker(self) -> None:
        """Begin to run what is due."""
        self._worker = self._begin("worker", "start", "--pool", "local-process", "--limit", "2")

    def kill_worker(self) -> None:
        """As a power cut does it: the worker and whatever it runs, at once and without a word."""
        assert self._worker is not None
        kill_tree(self._worker)

    def stop(self) -> None:
        """Kill everything that was started here."""
        for process in self._processes:
            kill_tree(process)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the server's API; while its database is locked it is asked again, as Prefect's clients do."""
        request = urllib.request.Request(
            f"{self._api}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for tries_left in reversed(range(20)):
            try:
                with opener.open(request, timeout=30) as answer:
                    text = answer.read()
                return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                if error.code != 503 or not tries_left:
                    raise
                time.sleep(0.5)
        raise AssertionError("unreachable")

    def schedule(self, deployment: str, seconds: float) -> datetime:
        """Replace the deployment's schedules by one that is due in some seconds, and then not for an hour."""
        found = self.ask("GET", f"/deployments/name/{deployment}")
        for schedule in found["schedules"]:
            self.ask("DELETE", f"/deployments/{found['id']}/schedules/{schedule['id']}")
        due = datetime.now(UTC) + timedelta(seconds=seconds)
        hourly = {"interval": 3600, "anchor_date": due.isoformat(), "timezone": "UTC"}
        self.ask("POST", f"/deployments/{found['id']}/schedules", [{"schedule": hourly, "active": True}])
        return due

    def runs_due_at(self, due: datetime) -> list[dict[str, Any]]:
        """The runs that the schedule made for a moment."""
        span = {"after_": (due - timedelta(seconds=2)).isoformat(), "before_": (due + timedelta(seconds=2)).isoformat()}
        return list(self.ask("POST", "/flow_runs/filter", {"flow_runs": {"expected_start_time": span}}))

    def said(self) -> str:
        """The end of what server and workers printed, for a test that fails."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{path.name}:\n{path.read_text(errors='replace')[-3000:]}" for path in logs)

    def _begin(self, *command: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{len(self._processes)}_{command[0]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [PREFECT, *command], cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )
        self._processes.append(process)
        return process

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/health") is True
        except OSError:
            return False


@contextmanager
def running_server(folder: Path, **settings: str) -> Iterator[PrefectServer]:
    """A server that is starting; nothing of it is left afterwards."""
    server = PrefectServer(folder, **settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def wait_for(is_so: Callable[[], bool], seconds: float, what: str, said: Callable[[], str]) -> None:
    """Ask again and again until it is so; fails with what was said meanwhile."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"after {seconds} s it is still not so that {what}\n{said()}"
        time.sleep(0.2)


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL a process of ours and all that came from it, whatever group or session they chose; wait for their end."""
    if process.poll() is None:
        doomed = _tree(process.pid)
        for pid in doomed:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        wait_for(lambda: not set(doomed) & set(_parents()), 30, "every killed process is gone", lambda: str(doomed))


def _tree(pid: int) -> list[int]:
    parents, found, new = _parents(), [pid], [pid]
    while new:
        new = [child for child, parent in parents.items() if parent in new]
        found += new
    return found


def _parents() -> dict[int, int]:
    """Every living process with its parent's number."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    return parents
