"""Arithmetic inside groups, for all groups at once: codes of keys, running sums and products."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def encode(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """Code of every row and the distinct values, sorted: `values[codes]` is the column. It may hold no NULL."""
    encoded = pc.dictionary_encode(column.combine_chunks())
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[encoded.indices.to_numpy()], encoded.dictionary.take(order)


def first_rows(group: np.ndarray) -> np.ndarray:
    """For every row the position of its group's first one. `group` must be sorted."""
    is_first = np.ones(len(group), dtype=bool)
    is_first[1:] = group[1:] != group[:-1]
    return np.flatnonzero(is_first)[np.cumsum(is_first) - 1]


def running(operation: np.ufunc, values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Running result of an `operation` from the first row of each group (`first_rows`) to every row.

    One step per position takes all groups along. Each goes strictly from row to row, as on paper: a difference of
    totals over all rows would lose digits and make an agency's result depend on which others there are, and any
    cleverer bracketing could let a curve that never rises do so in its last digit.
    """
    starts, sizes = np.unique(first, return_counts=True)
    starts, sizes = starts[np.argsort(-sizes, kind="stable")], np.sort(sizes)
    result = values.copy()
    for position in range(1, int(np.max(sizes, initial=0))):
        longer = len(sizes) - int(np.searchsorted(sizes, position, side="right"))
        rows = starts[:longer] + position
        result[rows] = operation(result[rows], result[rows - 1])
    return result
