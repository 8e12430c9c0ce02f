"""Finds the delivered rows of a dossier that were set aside, with the rules they break. Personal cells are masked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from warehouse.config import Home
from warehouse.landing import quarantine_folder
from warehouse.ledger import Ledger, LoadRecord

SOURCES = ("dossiers", "dossier_events")


@dataclass(frozen=True)
class SetAside:
    """One row that no table has: its file and line, the broken rules as (code, statement), and its cells."""

    original_name: str
    load_seq: int
    line: int
    is_held: bool
    rules: tuple[tuple[str, str], ...]
    detail: str


def read_set_aside(home: Home, code: str) -> list[SetAside]:
    """Returns the rows of a dossier's log and events that were set aside, those of the latest loads first.

    A load that was judged again counts as the last judgement found it.
    """
    loads = [load for load in Ledger(home).loads() if load.source in SOURCES and load.superseded_by is None]
    return list(_rows(home, code, sorted(loads, key=lambda load: load.load_seq, reverse=True)))


def _rows(home: Home, code: str, loads: Sequence[LoadRecord]) -> Iterator[SetAside]:
    with duckdb.connect() as connection:
        for load in loads:
            path = quarantine_folder(home, load.source, load.load_id) / "rows.parquet"
            if not path.exists():
                continue
            statements = {rule.rule_code: rule.statement for rule in load.rules}
            for line, codes, detail in connection.execute(_ROWS, [str(path), code]).fetchall():
                yield SetAside(
                    original_name=load.original_name,
                    load_seq=load.load_seq,
                    line=line,
                    is_held=load.verdict_status == "held",
                    rules=tuple((rule, statements.get(rule, "")) for rule in codes.split(";")),
                    detail=detail or "",
                )


# The key of an event begins with the code of its dossier.
_ROWS = """
SELECT line, rule_codes, detail FROM read_parquet(?) WHERE split_part(row_key, ' · ', 1) = ? ORDER BY line
"""
