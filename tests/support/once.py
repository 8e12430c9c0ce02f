"""What the processes of one test run do once for all of them: whoever asks first does it, the others wait for it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

T = TypeVar("T")


def do_once(folder: Path, name: str, make: Callable[[], T]) -> T:
    """What `make` returns, or returned to another process that named the same thing in the same folder."""
    record = folder / f"{name}.pickle"
    with FileLock(record.with_suffix(".lock")):
        if not record.exists():
            made = make()
            record.write_bytes(pickle.dumps(made))
            return made
        return pickle.loads(record.read_bytes())
