"""Decides from the bytes whether a large text table may have non-data rows, because reading it again is expensive."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

_CHUNK_BYTES = 1 << 18
# Notes and signatures are at the end of the file.
_FOOT_BYTES = 1 << 16
_FEW_CELLS, _FOOT_CELLS = 2, 3


def may_show_layout(path: Path, delimiter: str, headers: Sequence[str]) -> bool:
    """Returns False when no row of the regular UTF-8 file has few filled cells and the header occurs once.

    Among n cells of which two are filled, at least a third of the others are adjacent empty cells.
    """
    run = max(1, -(-(len(headers) - _FEW_CELLS) // (_FEW_CELLS + 1)))
    bare, quoted = (delimiter * run).encode(), (f'{delimiter}""' * run).encode()
    # At either end of a row the run has one delimiter fewer.
    ends = [mark.encode() for mark in (delimiter * (run + 1), f"\n{delimiter * run}")]
    ends += [bare + end for end in (b"\n", b"\r")]
    header = max(headers, key=len).encode()
    overlap = max(map(len, [quoted, header, *ends]))
    seen, before = 0, b""
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            window = before + chunk
            # Each search costs more than reading the file; the first one can rule out four others.
            if (bare in window and any(mark in window for mark in ends)) or quoted in window:
                return True
            seen += window.count(header) - before.count(header)
            if seen > 1:
                return True
            before = window[-overlap:]
        handle.seek(max(0, path.stat().st_size - _FOOT_BYTES))
        foot = handle.read().decode("utf-8", "replace").splitlines()[1:]
    return any(sum(map(bool, map(str.strip, row))) <= _FOOT_CELLS for row in csv.reader(foot, delimiter=delimiter))
