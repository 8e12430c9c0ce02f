"""A Prefect server and a worker for one test, started with the commands of docs/operations.md."""

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
# By default server and worker poll every few seconds, which is too slow for a test.
_EAGER = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
}


class PrefectServer:
    """A server on loopback with its own database, and at most one worker."""

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
        """Starts the server, which answers about ten seconds later."""
        self._begin("server", "start", "--host", "127.0.0.1", "--port", str(self._port), "--no-ui")

    def deploy(self) -> None:
        """Waits for the server, then deploy what prefect.yaml declares."""
        wait_for(self._answers, 90, "the server answers", self.output)
        for command in (
            ["work-pool", "create", "local-process", "--type", "process"],
            ["--no-prompt", "deploy", "--all"],
        ):
            subprocess.run([PREFECT, *command], cwd=ROOT, env=self.environment, check=True, capture_output=True)

    def start_worker(self) -> None:
        """Begin to run what is due."""
        self._worker = self._begin("worker", "start", "--pool", "local-process", "--limit", "2")

    def kill_worker(self) -> None:
        """Kills the worker and its children at once, like a power cut."""
        assert self._worker is not None
        kill_tree(self._worker)

    def stop(self) -> None:
        """Kills everything that was started here."""
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
        """Replaces the deployment's schedules by one that is due in some seconds, and then not for an hour."""
        found = self.ask("GET", f"/deployments/name/{deployment}")
        for schedule in found["schedules"]:
            self.ask("DELETE", f"/deployments/{found['id']}/schedules/{schedule['id']}")
        due = datetime.now(UTC) + timedelta(seconds=seconds)
        hourly = {"interval": 3600, "anchor_date": due.isoformat(), "timezone": "UTC"}
        self.ask("POST", f"/deployments/{found['id']}/schedules", [{"schedule": hourly, "active": True}])
        return due

    def runs_due_at(self, due: datetime) -> list[dict[str, Any]]:
        """Returns the runs that the schedule made for a moment."""
        span = {"after_": (due - timedelta(seconds=2)).isoformat(), "before_": (due + timedelta(seconds=2)).isoformat()}
        return list(self.ask("POST", "/flow_runs/filter", {"flow_runs": {"expected_start_time": span}}))

    def output(self) -> str:
        """Returns the end of the output of server and workers, for a test that fails."""
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


def wait_for(is_so: Callable[[], bool], seconds: float, what: str, output: Callable[[], str]) -> None:
    """Polls until the condition holds; fails with the output after `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"after {seconds} s it is still not so that {what}\n{output()}"
        time.sleep(0.2)


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kills a process and all its descendants in any group or session by SIGKILL; waits for their end."""
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
    """Returns every living process with its parent's number."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    return parents
