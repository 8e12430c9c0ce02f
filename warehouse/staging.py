"""Half-written files of the process that writes a home: outside every root that a reader globs, on the same disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.config import Home
from warehouse.transaction import finish_transactions


def new_stage(home: Home, name: str) -> Path:
    """Returns an empty folder on the same file system as the landing, outside every root that a reader globs."""
    stage = home.staging / name
    if stage.exists():
        shutil.rmtree(stage)
    stage.mkdir(parents=True)
    return stage


def sweep_staging(home: Home) -> None:
    """Finishes what a killed process decided, and removes what it left half-written. Only under the writer lock."""
    finish_transactions(home)
    shutil.rmtree(home.staging, ignore_errors=True)
    home.staging.mkdir(parents=True, exist_ok=True)
