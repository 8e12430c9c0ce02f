"""Changes of a home that happen together or not at all, whatever kills the process.

New files wait in staging. One rename decides that they belong to the home; from then on whoever writes the home next
moves what a killed process did not. Files of the ledger move last, so a reader that finds a record finds its rows.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.config import Home
from warehouse.files import flush
from warehouse.records import read_record, write_record

_OPEN, _DECIDED, _MADE = "open", "decided", "made"
_NEW, _REMOVED = "new", "removed.json"


class Transaction:
    """New and removed paths of one change; `name` is its own among the changes of a home. Needs the writer lock."""

    def __init__(self, home: Home, name: str) -> None:
        self.home = home
        self._folder = _transactions(home) / f"{name}.{_OPEN}"
        self._removed: list[str] = []
        shutil.rmtree(self._folder, ignore_errors=True)
        self.new.mkdir(parents=True)

    @property
    def new(self) -> Path:
        """The folder with the new files, at their paths in the home."""
        return self._folder / _NEW

    def place(self, target: Path) -> Path:
        """Returns where to write the file that becomes `target`, which it replaces."""
        staged = self.new / target.relative_to(self.home.root)
        staged.parent.mkdir(parents=True, exist_ok=True)
        return staged

    def remove(self, target: Path) -> None:
        """Names a file or folder that goes away; it may be absent."""
        self._removed.append(str(target.relative_to(self.home.root)))

    def commit(self) -> None:
        """Decides the change and makes it; a kill after the decision leaves the rest to `finish_transactions`."""
        write_record(self._folder / _REMOVED, self._removed)
        for path in self._folder.rglob("*"):
            if not path.is_symlink():
                flush(path)
        decided = self._folder.with_suffix(f".{_DECIDED}")
        self._folder.rename(decided)
        flush(decided.parent)
        _finish(self.home, decided)

    def discard(self) -> None:
        """Forgets the change."""
        shutil.rmtree(self._folder)


def decided_transactions(home: Home) -> list[str]:
    """Returns the names of the changes that a killed process decided and did not finish."""
    return sorted(folder.stem for folder in _transactions(home).glob(f"*.{_DECIDED}"))


def finish_transactions(home: Home) -> None:
    """Makes every decided change; may itself be killed and called again."""
    for folder in sorted(_transactions(home).glob(f"*.{_DECIDED}")):
        _finish(home, folder)


def _transactions(home: Home) -> Path:
    return home.staging / "transactions"


def _finish(home: Home, folder: Path) -> None:
    for name in read_record(list[str], folder / _REMOVED):
        _remove(home.root / name)
    for staged in sorted(folder.joinpath(_NEW).iterdir(), key=lambda path: (path.name == home.loads.parent.name, path)):
        _move(staged, home.root / staged.name)
    flush(home.root)
    # A name of its own first: a folder half removed is no change to be made.
    made = folder.with_suffix(f".{_MADE}")
    shutil.rmtree(made, ignore_errors=True)
    shutil.rmtree(folder.rename(made))


def _move(staged: Path, target: Path) -> None:
    """Renames a file, or a folder with all that is in it when nothing is in its place; else what is in the folder."""
    is_folder = staged.is_dir() and not staged.is_symlink()
    if not is_folder or not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(target)
        return
    for path in sorted(staged.iterdir()):
        _move(path, target / path.name)
    flush(target)


def _remove(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
