"""Homes of the bench: each case has a folder with an inbox and the home that is loaded from it."""

from __future__ import annotations

import sys
from pathlib import Path

from warehouse.config import CODE_ROOT, Home
from warehouse.ledger import Ledger

SEED = 1
REGISTRY = CODE_ROOT / "dbt_project" / "seeds"


class DifferentResultError(RuntimeError):
    """The measured run gave a wrong result, so its cost means nothing."""


def inbox_of(here: Path) -> Path:
    """Returns the folder of the deliveries of a case."""
    return here / "inbox"


def settings_of(here: Path) -> dict[str, str]:
    """Returns the environment of every command of a case."""
    return {"CCHC_HOME": str(here / "home"), "CCHC_INBOX": str(inbox_of(here)), "CCHC_SETTLE_SECONDS": "0"}


def cchc(here: Path, *arguments: str) -> list[str]:
    """Returns a `cchc` command line on the home of a case."""
    return [str(Path(sys.executable).with_name("cchc")), "--home", str(here / "home"), *arguments]


def expect_landed(here: Path, files: int, rows: int) -> None:
    """Raises DifferentResultError unless `files` loads with `rows` rows were accepted and landed."""
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
