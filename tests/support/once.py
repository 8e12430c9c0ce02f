"""Runs a function once for all processes of a test run: in the first that calls it, while the others wait."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

T = TypeVar("T")


def do_once(folder: Path, name: str, make: Callable[[], T]) -> T:
    """Returns the result of `make`, or of its call in another process with the same name and folder."""
    record = folder / f"{name}.pickle"
    with FileLock(record.with_suffix(".lock")):
        if not record.exists():
            made = make()
            record.write_bytes(pickle.dumps(made))
            return made
        return pickle.loads(record.read_bytes())
