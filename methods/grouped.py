"""Vectorised arithmetic within groups: codes of keys, running sums and products."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def encode(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """Returns the code of every row and the sorted distinct values: `values[codes]` is the column, without NULL."""
    encoded = pc.dictionary_encode(column.combine_chunks())
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[encoded.indices.to_numpy()], encoded.dictionary.take(order)


def first_rows(group: np.ndarray) -> np.ndarray:
    """Returns for every row the position of the first row of its group. `group` must be sorted."""
    is_first = np.ones(len(group), dtype=bool)
    is_first[1:] = group[1:] != group[:-1]
    return np.flatnonzero(is_first)[np.cumsum(is_first) - 1]


def running(operation: np.ufunc, values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Returns the running result of `operation` from the first row of each group (`first_rows`) to every row.

    Each step handles one position of all groups. Within a group the operation runs strictly from row to row: a
    difference of totals over all rows would lose digits and make an agency's result depend on other agencies, and
    pairwise summation could make a non-increasing curve rise in its last digit.
    """
    starts, sizes = np.unique(first, return_counts=True)
    starts, sizes = starts[np.argsort(-sizes, kind="stable")], np.sort(sizes)
    result = values.copy()
    for position in range(1, int(np.max(sizes, initial=0))):
        longer = len(sizes) - int(np.searchsorted(sizes, position, side="right"))
        rows = starts[:longer] + position
        result[rows] = operation(result[rows], result[rows - 1])
    return result
