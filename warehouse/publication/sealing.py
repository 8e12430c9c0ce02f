"""Makes a folder immutable (hashes, read-only files, flushed to disk), and removes unfinished folders."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic.dataclasses import dataclass

from warehouse.files import flush

LEFTOVER_SUFFIX = ".tmp"


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@dataclass(frozen=True)
class FileSeal:
    """Size and sha256 of a file as it was written."""

    bytes: int
    sha256: str

    def is_broken(self, path: Path) -> bool:
        """Returns whether the file at `path` differs."""
        return path.stat().st_size != self.bytes or sha256_of(path) != self.sha256


def seal_of(path: Path) -> FileSeal:
    """Returns the seal of a file as it is now."""
    return FileSeal(path.stat().st_size, sha256_of(path))


def name_damage(listed: Mapping[str, FileSeal], found: Mapping[str, Path]) -> list[str]:
    """Returns one sentence per file that is missing, not listed or different from its seal."""
    return [
        *(f"{name} is missing" for name in listed if name not in found),
        *(f"{name} is not in the manifest" for name in found if name not in listed),
        *(f"{name} was altered" for name, path in found.items() if name in listed and listed[name].is_broken(path)),
    ]


def files_below(folder: Path) -> Iterator[Path]:
    """Returns every file below `folder`, in a fixed order."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def seal(folder: Path) -> None:
    """Makes every file below `folder` read-only and flushes the tree to disk.

    A reader that does not open read-only then gets an error, instead of locking out the others.
    """
    for path in files_below(folder):
        path.chmod(0o444)
        flush(path)
    for directory in [*(path for path in folder.rglob("*") if path.is_dir()), folder]:
        flush(directory)


def remove_leftovers(folder: Path) -> None:
    """Removes leftovers of killed processes in `folder` (names ending in .tmp). Only under the writer lock."""
    for path in folder.glob(f"*{LEFTOVER_SUFFIX}"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
