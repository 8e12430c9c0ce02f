"""Runs the nights of a nation's provinces, each in a process of its own: none knows of another."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from flows.failures import ExitCode
from flows.nation.provinces import Province, environment_of
from warehouse.config import Home
from warehouse.nights import last_night

# A night that is asked to stop leaves a clean home anyway; this is for one that does not obey.
_GRACE_SECONDS = 30


@dataclass(frozen=True)
class ProvinceNight:
    """How the night of a province ended. `log` has everything that it printed."""

    code: str
    exit_code: int
    seconds: float
    reason: str
    log: Path

    @property
    def is_done(self) -> bool:
        """Whether it published, or had nothing new."""
        return self.exit_code == ExitCode.DONE


def run_nights(
    nation: Home, provinces: Sequence[Province], jobs: int, hours: float, show: Callable[[ProvinceNight], None]
) -> list[ProvinceNight]:
    """Runs one night per province, `jobs` at a time; returns how each ended, by code.

    `show` is called when one has ended. A night that takes longer than `hours` is stopped. What one province does has
    no effect on another; a fault of the machine (no process can be started) raises.
    """
    logs = nation.root / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    ended = []
    pool = ThreadPoolExecutor(jobs)
    try:
        waiting = [pool.submit(_run_night, province, logs / f"{province.code}.log", hours) for province in provinces]
        for night in as_completed(waiting):
            ended.append(night.result())
            show(ended[-1])
    finally:
        # After an interrupt those that have not begun never do; the terminal has interrupted the others.
        pool.shutdown(cancel_futures=True)
    return sorted(ended, key=lambda night: night.code)


def _run_night(province: Province, log: Path, hours: float) -> ProvinceNight:
    command = [sys.executable, "-m", "flows.cli", "nightly", "--without-prefect"]
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment_of(province.home),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            exit_code = process.wait(hours * 3600)
            reason = _reason(province.home, process.pid, exit_code)
        except subprocess.TimeoutExpired:
            exit_code, reason = _stop(process), f"stopped after {hours:g} hours"
        except BaseException:
            process.terminate()
            raise
    return ProvinceNight(province.code, exit_code, time.monotonic() - began, reason, log)


def _stop(process: subprocess.Popen[bytes]) -> int:
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return ExitCode.FAULT


def _reason(home: Home, pid: int, exit_code: int) -> str:
    """Returns what the night recorded about its end; a killed one recorded nothing."""
    if exit_code < 0:
        return f"killed by signal {-exit_code}"
    try:
        night = last_night(home)
    except (OSError, ValueError):
        night = None
    if night is not None and night.pid == pid and night.reason:
        return night.reason
    return "another run holds this home" if exit_code == ExitCode.LOCKED else "see the log"
