"""The homes in which the bench runs: each case has a folder with an inbox and the home that is filled from it."""

from __future__ import annotations

import sys
from pathlib import Path

from warehouse.config import CODE_ROOT, Home
from warehouse.ledger import Ledger

SEED = 1
REGISTRY = CODE_ROOT / "dbt_project" / "seeds"


class DifferentResultError(RuntimeError):
    """What was measured did not do what it should have done: a cost or a ratio of it would mean nothing."""


def inbox_of(here: Path) -> Path:
    """Where the deliveries of a case are written."""
    return here / "inbox"


def settings_of(here: Path) -> dict[str, str]:
    """The environment of every command of a case."""
    return {"CCHC_HOME": str(here / "home"), "CCHC_INBOX": str(inbox_of(here)), "CCHC_SETTLE_SECONDS": "0"}


def cchc(here: Path, *arguments: str) -> list[str]:
    """The command line of the product on a case's home."""
    return [str(Path(sys.executable).with_name("cchc")), "--home", str(here / "home"), *arguments]


def expect_landed(here: Path, files: int, rows: int) -> None:
    """Raise DifferentResultError unless so many files were accepted with all their rows, and these rows are landed."""
    home = Home((here / "home").resolve())
    loads = Ledger(home).loads()
    accepted = sum(load.rows_accepted for load in loads)
    in_landing = _count_landed(home)
    if (len(loads), accepted, in_landing) != (files, rows, rows) or any(not load.rules for load in loads):
        raise DifferentResultError(
            f"{files:,} files with {rows:,} rows were written; {len(loads):,} loads accepted {accepted:,} rows, and "
            f"{in_landing:,} are landed"
        )


def _count_landed(home: Home) -> int:
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(path).num_rows for path in home.landing.glob("dossiers/load_id=*/*.parquet"))
