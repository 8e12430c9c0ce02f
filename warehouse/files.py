"""Writes files and folders atomically: they are whole or absent when the process is killed."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path


def move_folder(stage: Path, target: Path) -> None:
    """Renames a finished folder to its final place on the same file system, replacing an orphan of a killed process."""
    for path in stage.rglob("*"):
        flush(path)
    flush(stage)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        orphan = stage.with_name(f"{stage.name}.orphan")
        target.rename(orphan)
        shutil.rmtree(orphan)
    stage.rename(target)
    flush(target.parent)


def flush(path: Path) -> None:
    """Waits until a file's bytes, or a directory's entries, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def tree_digest(root: Path, *names: str) -> str:
    """sha256 over paths and bytes of the code (.sql, .yml, .md, .py) at or below `names` of `root`, or in all of it."""
    digest = hashlib.sha256()
    for top in [root / name for name in names] or [root]:
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.suffix in (".sql", ".yml", ".md", ".py"):
                digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
