"""The single-writer lock: one process at a time may write a province's home, with or without a Prefect server."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from warehouse.clock import local_now
from warehouse.config import Home
from warehouse.files import write_json

# Whoever only asks holds the lock for an instant; a writer holds it much longer than this, in seconds.
_PATIENCE = 0.5


class LockHeldError(RuntimeError):
    """Another process is writing; the message names it and says what to do."""


def read_holder(home: Home) -> dict[str, Any] | None:
    """Who took the lock last: pid, host, command, since. None when nobody ever did."""
    try:
        return dict(json.loads(_holder_file(home).read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


@contextmanager
def hold_writer_lock(home: Home, command: str) -> Iterator[None]:
    """Hold the home for writing; the kernel frees the lock when the process dies, however it dies.

    Raises LockHeldError when another process holds it.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.lock_file)
    try:
        lock.acquire(timeout=_PATIENCE, poll_interval=0.02)
    except Timeout as error:
        raise LockHeldError(_describe(home)) from error
    try:
        write_json(
            _holder_file(home),
            {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "command": command,
                "since": local_now().isoformat(),
            },
        )
        yield
    finally:
        _holder_file(home).unlink(missing_ok=True)
        lock.release()


def is_held(home: Home) -> bool:
    """Whether another process is writing this home now; holds nothing itself."""
    if not home.lock_file.exists():
        return False
    try:
        with FileLock(home.lock_file).acquire(timeout=_PATIENCE, poll_interval=0.02):
            return False
    except Timeout:
        return True


def refuse_when_held(home: Home) -> None:
    """Raise LockHeldError when another process is writing this home."""
    if is_held(home):
        raise LockHeldError(_describe(home))


def _holder_file(home: Home) -> Path:
    return home.lock_file.with_suffix(".json")


def _describe(home: Home) -> str:
    holder = read_holder(home)
    if holder is None:
        return f"another process holds {home.lock_file}; wait for it to end, then run again"
    return (
        f"another run holds this home: process {holder['pid']} on {holder['host']} ({holder['command']}), "
        f"since {holder['since']}; wait for it to end, or stop that process, then run again"
    )
