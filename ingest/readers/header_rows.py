"""Finds the header row, or the two header rows when senders merge cells of an upper row over a lower one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.readers.headers import Vocabulary

# Fewer known headers may occur by chance in any row of text.
_FEWEST = 2


@dataclass(frozen=True)
class FoundHeader:
    """The texts of the header by position, the index of its first row and of the row after it."""

    headers: list[str]
    first: int
    after: int


def find_header(rows: Sequence[Sequence[str]], vocabulary: Vocabulary) -> FoundHeader | None:
    """Returns the row, or pair of adjacent rows, with most known headers; one row wins over two.

    In a pair the name of a column is its lower cell, its upper cell or both, whichever is known; an empty upper cell
    belongs to the merged cell on its left.
    """
    known = [count_known(row, vocabulary) for row in rows]
    counted = [
        (count, FoundHeader(list(row), at, at + 1)) for at, (row, count) in enumerate(zip(rows, known, strict=True))
    ]
    for at in range(len(rows) - 1):
        if known[at] + known[at + 1]:
            joined = _join(rows[at], rows[at + 1], vocabulary)
            counted.append((count_known(joined, vocabulary), FoundHeader(joined, at, at + 2)))
    best = max(counted, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] >= _FEWEST else None


def count_known(row: Sequence[str], vocabulary: Vocabulary) -> int:
    """Counts the distinct columns and items that a row names."""
    return len({vocabulary.meaning(cell) for cell in row if cell} - {None})


def _join(upper: Sequence[str], lower: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    headers, above = [], ""
    for at in range(max(len(upper), len(lower))):
        own = upper[at] if at < len(upper) else ""
        below = lower[at] if at < len(lower) else ""
        above = own or above
        # A position with both cells empty is not a column.
        texts = [f"{above} {below}", below, own] if below else [own]
        headers.append(next((text for text in texts if text and vocabulary.meaning(text)), below or own))
    return headers
