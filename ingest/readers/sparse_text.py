"""Whether a large text table can hold rows that are no data, told from its bytes: reading it once more is dear."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

_CHUNK_BYTES = 1 << 18
# Notes and signatures stand at the foot.
_FOOT_BYTES = 1 << 16
_FEW_CELLS, _FOOT_CELLS = 2, 3


def may_show_layout(path: Path, delimiter: str, headers: Sequence[str]) -> bool:
    """False when no row of the regular file in UTF-8 has so few cells, and the header stands in it once.

    Among n cells of which two are filled, a third of the rest or more are empty side by side.
    """
    run = max(1, -(-(len(headers) - _FEW_CELLS) // (_FEW_CELLS + 1)))
    bare, quoted = (delimiter * run).encode(), (f'{delimiter}""' * run).encode()
    # At either end of a row the run has one delimiter less.
    ends = [mark.encode() for mark in (delimiter * (run + 1), f"\n{delimiter * run}")]
    ends += [bare + end for end in (b"\n", b"\r")]
    header = max(headers, key=len).encode()
    overlap = max(map(len, [quoted, header, *ends]))
    seen, before = 0, b""
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            window = before + chunk
            # Each search costs more than reading the file; the first tells that four others would find nothing.
            if (bare in window and any(mark in window for mark in ends)) or quoted in window:
                return True
            seen += window.count(header) - before.count(header)
            if seen > 1:
                return True
            before = window[-overlap:]
        handle.seek(max(0, path.stat().st_size - _FOOT_BYTES))
        foot = handle.read().decode("utf-8", "replace").splitlines()[1:]
    return any(sum(map(bool, map(str.strip, row))) <= _FOOT_CELLS for row in csv.reader(foot, delimiter=delimiter))
