"""Changes of a home happen together or not at all, killed before any change of the file system."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from tests.support.kill_at_change import is_killed_at
from warehouse.config import Home
from warehouse.staging import sweep_staging
from warehouse.transaction import Transaction, decided_transactions

BEFORE = {
    "landing/a/load_id=1/part-0.parquet": "old rows",
    "quarantine/a/load_id=1/rows.parquet": "set aside",
    "ledger/loads/000001.json": "one",
}
AFTER = {
    "landing/a/load_id=1/part-0.parquet": "new rows",
    "landing/a_deleted/load_id=1/part-0.parquet": "deleted",
    "ledger/loads/000001.json": "one",
    "ledger/loads/000002.json": "two",
    "ledger/releases/1-7.json": "released",
}


def contents(home: Home) -> dict[str, str]:
    files = (path for path in home.root.rglob("*") if path.is_file() and home.staging not in path.parents)
    return {path.relative_to(home.root).as_posix(): path.read_text() for path in files}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def change(home: Home) -> None:
    transaction = Transaction(home, "load-000002")
    for name, text in AFTER.items():
        if BEFORE.get(name) != text:
            transaction.place(home.root / name).write_text(text)
    transaction.remove(home.root / "quarantine" / "a" / "load_id=1")
    transaction.remove(home.root / "never" / "was")
    transaction.commit()


def test_a_change_killed_anywhere_is_made_whole_or_undone_by_the_next_writer(tmp_path: Path) -> None:
    ends = []
    for nth in itertools.count(1):
        home = Home(tmp_path / str(nth))
        write(home.root, BEFORE)
        is_killed = is_killed_at(nth, home.root, lambda home=home: change(home))  # type: ignore[misc]
        if "ledger/loads/000002.json" in (found := contents(home)):
            # A reader that finds the record finds its rows.
            assert {name: found.get(name) for name in AFTER if "landing" in name}.items() <= AFTER.items()
        sweep_staging(home)
        ends.append(contents(home))
        assert list(home.staging.iterdir()) == []
        if not is_killed:
            break
    assert all(end in (BEFORE, AFTER) for end in ends)
    # Every kill before the decision undoes the change, every one after it makes it.
    assert sorted(ends, key=lambda end: end == AFTER) == ends
    assert BEFORE in ends
    assert ends[-2] == AFTER


def test_a_recovery_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    half = Home(tmp_path / "half")
    write(half.root, BEFORE)
    nth = next(n for n in itertools.count(1) if _decides(tmp_path / "tried", n))
    is_killed_at(nth, half.root, lambda: change(half))
    assert decided_transactions(half) == ["load-000002"]
    for n in itertools.count(1):
        home = Home(tmp_path / f"{n}")
        shutil.copytree(half.root, home.root)
        is_killed = is_killed_at(n, home.root, lambda home=home: sweep_staging(home))  # type: ignore[misc]
        sweep_staging(home)
        assert contents(home) == AFTER
        if not is_killed:
            break
    assert n > 5


def _decides(root: Path, nth: int) -> bool:
    """Whether a kill at the nth change leaves a decided change that is not made yet."""
    shutil.rmtree(root, ignore_errors=True)
    home = Home(root)
    write(home.root, BEFORE)
    is_killed_at(nth, home.root, lambda: change(home))
    return decided_transactions(home) == ["load-000002"] and contents(home) == BEFORE


def test_a_change_that_is_discarded_leaves_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write(home.root, BEFORE)
    transaction = Transaction(home, "load-000002")
    transaction.place(home.loads / "000002.json").write_text("two")
    transaction.discard()
    sweep_staging(home)
    assert contents(home) == BEFORE


def test_a_path_outside_the_home_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not in the subpath"):
        Transaction(Home(tmp_path / "home"), "load-000001").place(tmp_path / "elsewhere")
