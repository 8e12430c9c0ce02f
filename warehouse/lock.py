"""The single-writer lock: one process at a time may write a province's home, with or without a Prefect server."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic.dataclasses import dataclass

from warehouse.clock import local_now
from warehouse.config import Home
from warehouse.records import RecordError, read_record, write_record
from warehouse.staging import sweep_staging

# In seconds. A process that only checks holds the lock for less, a writer for much longer.
_PATIENCE = 0.5


class LockHeldError(RuntimeError):
    """Another process is writing; the message names it and what to do."""


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock."""

    pid: int
    host: str
    command: str
    since: datetime


def read_holder(home: Home) -> Holder | None:
    """The process that took the lock last; None before the first."""
    try:
        return read_record(Holder, _holder_file(home))
    except (FileNotFoundError, RecordError):
        return None


@contextmanager
def hold_writer_lock(home: Home, command: str) -> Iterator[None]:
    """Holds the home for writing, after finishing what a killed writer decided and removing what it left half-written.

    The kernel releases the lock when the process ends or is killed. Raises LockHeldError when another process holds it.
    """
    home.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.lock_file)
    try:
        lock.acquire(timeout=_PATIENCE, poll_interval=0.02)
    except Timeout as error:
        raise LockHeldError(_describe(home)) from error
    try:
        write_record(_holder_file(home), Holder(os.getpid(), socket.gethostname(), command, local_now()))
        sweep_staging(home)
        try:
            yield
        finally:
            sweep_staging(home)
    finally:
        _holder_file(home).unlink(missing_ok=True)
        lock.release()


def is_held(home: Home) -> bool:
    """Returns whether another process is writing this home now; does not hold the lock itself."""
    if not home.lock_file.exists():
        return False
    try:
        with FileLock(home.lock_file).acquire(timeout=_PATIENCE, poll_interval=0.02):
            return False
    except Timeout:
        return True


def refuse_when_held(home: Home) -> None:
    """Raises LockHeldError when another process is writing this home."""
    if is_held(home):
        raise LockHeldError(_describe(home))


def _holder_file(home: Home) -> Path:
    return home.lock_file.with_suffix(".json")


def _describe(home: Home) -> str:
    holder = read_holder(home)
    if holder is None:
        return f"another process holds {home.lock_file}; wait for it to end, then run again"
    return (
        f"another run holds this home: process {holder.pid} on {holder.host} ({holder.command}), "
        f"since {holder.since}; wait for it to end, or stop that process, then run again"
    )
