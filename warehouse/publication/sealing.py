"""What makes a folder immutable: hashes, read-only files, everything on disk; and clearing what never got that far."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from warehouse.files import flush

LEFTOVER_SUFFIX = ".tmp"


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below `folder`, in a fixed order."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def seal(folder: Path) -> None:
    """Make every file below `folder` read-only and wait until the tree is on disk.

    A reader that forgets read-only mode is then refused, instead of locking the others out.
    """
    for path in files_below(folder):
        path.chmod(0o444)
        flush(path)
    for directory in [*(path for path in folder.rglob("*") if path.is_dir()), folder]:
        flush(directory)


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left half done in `folder` (names ending in .tmp). Only under the writer lock."""
    for path in folder.glob(f"*{LEFTOVER_SUFFIX}"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
