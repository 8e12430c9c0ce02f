"""Rows of a registry table grouped and compared by their validity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import combinations
from typing import TypeVar

from ingest.registry.declaration import VALUE_TYPES
from ingest.registry.tables import Row

K = TypeVar("K", bound=Hashable)

_OPEN = "9999-12-31"


def groups(rows: Iterable[Row], key: Callable[[Row], K]) -> Iterator[tuple[K, list[Row]]]:
    """Yield the rows by key, in the order in which the keys first appear."""
    found: dict[K, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return iter(found.items())


def overlaps(rows: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Yield the pairs of dated rows that hold on a common day; rows with unusable dates are reported elsewhere."""
    usable = [row for row in rows if are_dates(row.cells["valid_from"], row.cells["valid_to"])]
    for earlier, later in combinations(usable, 2):
        # ISO dates order as text; an open end is after every date.
        if earlier.cells["valid_from"] < (later.cells["valid_to"] or _OPEN) and later.cells["valid_from"] < (
            earlier.cells["valid_to"] or _OPEN
        ):
            yield earlier, later


def holds_on(row: Row, day: str) -> bool:
    """Say whether a dated row with usable dates holds on `day` (ISO)."""
    return row.cells["valid_from"] <= day < (row.cells["valid_to"] or _OPEN)


def are_dates(start: str, end: str) -> bool:
    """Say whether `start` is a date and `end` a date or empty."""
    is_date = VALUE_TYPES["date"].accepts
    return is_date(start) and (not end or is_date(end))


def is_number(value: str) -> bool:
    """Say whether a cell holds a number."""
    return VALUE_TYPES["decimal"].accepts(value)
