"""What makes a folder immutable: hashes, read-only files, everything on disk; and clearing what never got that far."""

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
        """Whether the file at `path` is another one."""
        return path.stat().st_size != self.bytes or sha256_of(path) != self.sha256


def seal_of(path: Path) -> FileSeal:
    """The seal of a file as it is now."""
    return FileSeal(path.stat().st_size, sha256_of(path))


def name_damage(listed: Mapping[str, FileSeal], found: Mapping[str, Path]) -> list[str]:
    """One sentence per file that is listed and not found, found and not listed, or not what its seal says."""
    return [
        *(f"{name} is missing" for name in listed if name not in found),
        *(f"{name} is not in the manifest" for name in found if name not in listed),
        *(f"{name} was altered" for name, path in found.items() if name in listed and listed[name].is_broken(path)),
    ]


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
