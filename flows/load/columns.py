"""Finds columns that appear or vanish since the previous delivery. The file is never held for it.

The previous delivery is the last accepted one of the source whose name differs at most in its digits, because two
software systems of one source may export different columns. The first file of a name has none.
"""

from __future__ import annotations

import re
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable

from ingest.contract import Contract
from ingest.readers.headers import HeaderMatch, Vocabulary
from ingest.registry.items import ItemBook
from ingest.vietnamese.text import normalise_header
from warehouse.ledger import ColumnChanges, LoadRecord


class EarlierLoads:
    """The accepted loads of one source, by file name without digits."""

    def __init__(self, loads: Iterable[LoadRecord]) -> None:
        self._by_kind: dict[str, list[LoadRecord]] = defaultdict(list)
        for load in loads:
            self.add(load)

    def add(self, load: LoadRecord) -> None:
        """Adds a load that was accepted and records its headers."""
        if load.counts and load.headers:
            insort(self._by_kind[kind_of(load.original_name)], load, key=lambda known: known.arrival_seq)

    def before(self, name: str, again: LoadRecord | None = None) -> LoadRecord | None:
        """Returns the previous load of this kind of name; for a re-judged delivery, the last to arrive before it."""
        loads = reversed(self._by_kind.get(kind_of(name), []))
        return next((load for load in loads if again is None or load.arrival_seq < again.arrival_seq), None)


def kind_of(name: str) -> str:
    """Returns a delivery's name without digits, because the period or year changes from one delivery to the next."""
    return re.sub(r"\d+", "#", name.lower())


def compare_columns(
    contract: Contract, book: ItemBook, headers: list[str], matched: HeaderMatch, earlier: LoadRecord | None
) -> ColumnChanges | None:
    """Returns the changed columns, None without changes. A column under another of its declared headers is the same."""
    if earlier is None:
        return None
    vocabulary = Vocabulary(contract, book)
    now = _by_meaning(vocabulary, headers, matched.constants)
    before = _by_meaning(vocabulary, earlier.headers, earlier.titled)
    appeared = [shown for name, shown in now.items() if name not in before]
    vanished = [shown for name, shown in before.items() if name not in now]
    return ColumnChanges(earlier.label, appeared, vanished) if appeared or vanished else None


def describe_changes(changes: ColumnChanges | None) -> str | None:
    """Returns the finding as a sentence for the sender."""
    if changes is None:
        return None
    parts = [
        f"{what} {', '.join(f'«{header}»' for header in headers)}"
        for what, headers in [("không còn cột", changes.vanished), ("có thêm cột", changes.appeared)]
        if headers
    ]
    return f"so với tệp trước ({changes.compared_with}): {'; '.join(parts)}"


def standing_changes(loads: Iterable[LoadRecord]) -> list[LoadRecord]:
    """Loads with a finding that no later delivery of their kind has replaced."""
    last: dict[tuple[str, str], LoadRecord] = {}
    for load in sorted((load for load in loads if load.counts and load.headers), key=lambda load: load.arrival_seq):
        last[load.source, kind_of(load.original_name)] = load
    return [load for load in last.values() if load.changes is not None]


def _by_meaning(vocabulary: Vocabulary, headers: Iterable[str], titled: Iterable[str]) -> dict[str, str]:
    """Returns the shown header of each column, item or unknown header; `titled` columns are above the table."""
    shown = {column.name: column.shown_name for column in vocabulary.contract.columns}
    above = {name: shown[name] for name in titled if name in shown}
    return above | {vocabulary.meaning(header) or normalise_header(header): header for header in headers if header}
