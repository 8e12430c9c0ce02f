"""Runs a command and measures its cost as the operating system reports it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class CommandFailedError(RuntimeError):
    """A measured command exited with an unexpected code; the message holds its output."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds (user and system, with children), wall seconds, and peak memory of one process in GB."""

    cpu: float
    wall: float
    memory_gb: float


def measure(command: Sequence[str], environment: Mapping[str, str], expected: int = 0) -> Cost:
    """Runs a command in a new process and returns its cost. Raises CommandFailedError on an unexpected exit code."""
    began = time.monotonic()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != expected:
        raise CommandFailedError(f"{' '.join(command)} ended with {code}:\n{output.decode(errors='replace')}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1e6)


def python_module(name: str, *arguments: str) -> list[str]:
    """Returns the command that runs a module with this interpreter."""
    return [sys.executable, "-m", name, *arguments]
