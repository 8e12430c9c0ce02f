"""A cluster on this machine (a standalone master, two workers, a Connect server) and nights that lose parts of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.nights import ROOT, clean_environment
from warehouse.config import Home

LOOPBACK = "127.0.0.1"
_EXECUTOR = "CoarseGrainedExecutorBackend"
_WAIT_SECONDS = 120


@dataclass(frozen=True)
class Cluster:
    """Addresses for CCHC_SPARK_MASTER, and the processes of the workers."""

    master: str
    connect: str
    workers: tuple[subprocess.Popen[bytes], ...]

    def executors(self) -> list[int]:
        """Returns the processes that run tasks, all below the workers."""
        return [pid for worker in self.workers for pid in _descendants(worker.pid) if _runs(pid, _EXECUTOR)]


@contextmanager
def start_cluster(folder: Path) -> Iterator[Cluster]:
    """Starts the cluster from the installed packages, as docs/national.md does on hosts; stops it on exit."""
    port, connect_port = _free_port(), _free_port()
    master = f"spark://{LOOPBACK}:{port}"
    deploy = "org.apache.spark.deploy"
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *command: str) -> subprocess.Popen[bytes]:
        environment = {
            **clean_environment(),
            # By which the scripts find the jars.
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_DAEMON_MEMORY": "512m",
            "LC_ALL": "C.UTF-8",
            # Of the daemons and of the executors: the cluster shares two cores.
            "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m",
        }
        with (folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(Path(sys.executable).parent / command[0]), *command[1:]],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
                # A group of its own, so that what it starts ends with it.
                start_new_session=True,
            )
        started.append(process)
        return process

    try:
        start("master", "spark-class", f"{deploy}.master.Master", "-h", LOOPBACK, "-p", str(port), "--webui-port", "0")
        wait_for(lambda: _listens(port), "the master")
        # A server holds its part of the cluster as long as it runs; the other half is for nights of their own.
        size = ("--cores", "2", "--memory", "2g", "--webui-port", "0", "-h", LOOPBACK)
        workers = tuple(
            start(name, "spark-class", f"{deploy}.worker.Worker", *size, "--work-dir", str(folder / name), master)
            for name in ("worker-1", "worker-2")
        )
        server = (
            "org.apache.spark.sql.connect.service.SparkConnectServer",
            {
                "spark.connect.grpc.binding.port": str(connect_port),
                "spark.sql.catalogImplementation": "in-memory",
                "spark.executor.memory": "1g",
                "spark.cores.max": "2",
                "spark.driver.memory": "1g",
                "spark.ui.enabled": "false",
                "spark.driver.host": LOOPBACK,
                "spark.local.dir": str(folder / "local"),
                "spark.sql.warehouse.dir": str(folder / "warehouse"),
            },
        )
        settings = [part for name, value in server[1].items() for part in ("--conf", f"{name}={value}")]
        start("connect", "spark-submit", "--master", master, *settings, "--class", server[0], "spark-internal")
        wait_for(lambda: _listens(connect_port), "the Connect server")
        yield Cluster(master, f"sc://{LOOPBACK}:{connect_port}", workers)
    finally:
        for process in reversed(started):
            with _gone():
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def start_night(home: Home, registry: Path, master: str, memory: str = "1g") -> subprocess.Popen[bytes]:
    """Starts a night on Spark in a process of its own, which prints to night.log beside the home."""
    province = ("--home", str(home.root), "--registry", str(registry))
    with night_log(home).open("wb") as log:
        return subprocess.Popen(
            [str(Path(sys.executable).parent / "cchc"), *province, "nightly", "--without-prefect", "--engine", "spark"],
            cwd=ROOT,
            env=clean_environment(CCHC_SPARK_MASTER=master, CCHC_SPARK_MEMORY=memory, SPARK_LOCAL_IP=LOOPBACK),
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def night_log(home: Home) -> Path:
    """Returns the file with everything that a night printed."""
    return home.root.with_name("night.log")


def kill(pid: int) -> None:
    """Kills a process as the kernel does when memory ends."""
    os.kill(pid, signal.SIGKILL)


def wait_for(is_true: Callable[[], object], what: str, seconds: float = _WAIT_SECONDS) -> None:
    """Waits until a condition holds. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} seconds")
        time.sleep(0.01)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = []
    with _gone():
        # A Java process starts others from any of its threads.
        for thread in children.parents[1].iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _runs(pid: int, text: str) -> bool:
    with _gone():
        return text in Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return False


def _gone() -> suppress:
    """Lets a process end meanwhile."""
    return suppress(ProcessLookupError, FileNotFoundError)
