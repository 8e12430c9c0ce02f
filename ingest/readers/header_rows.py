"""Which row is the header, or which two: senders merge cells of an upper row over the columns of a lower one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.readers.headers import Vocabulary

# Fewer known headers may stand in any row of text.
_FEWEST = 2


@dataclass(frozen=True)
class FoundHeader:
    """The texts of the header by position, the index of its first row and of the row after it."""

    headers: list[str]
    first: int
    after: int


def find_header(rows: Sequence[Sequence[str]], vocabulary: Vocabulary) -> FoundHeader | None:
    """The row, or pair of adjacent rows, with most headers that the vocabulary knows; one row wins over two.

    In a pair a column is called by its lower cell, the upper one or both, whichever is known; an upper cell that is
    empty belongs to the merged cell on its left.
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
    """How many different columns and items a row names."""
    return len({vocabulary.meaning(cell) for cell in row if cell} - {None})


def _join(upper: Sequence[str], lower: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    headers, above = [], ""
    for at in range(max(len(upper), len(lower))):
        own = upper[at] if at < len(upper) else ""
        below = lower[at] if at < len(lower) else ""
        above = own or above
        # A cell with nothing in either row is no column.
        texts = [f"{above} {below}", below, own] if below else [own]
        headers.append(next((text for text in texts if text and vocabulary.meaning(text)), below or own))
    return headers
