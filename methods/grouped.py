"""Vectorised arithmetic within groups: codes of keys, running sums and products."""

from __future__ import annotations

from collections.abc import Sequence

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


def row_codes(keys: Sequence[str], *tables: pa.Table) -> list[np.ndarray]:
    """Returns for each table the code of every row's key, equal in all tables where the keys are; from 0, without gap.

    NULL is a value of a key column. Codes follow the order of the first table, then of the next ones.
    """
    combined = np.zeros(sum(len(table) for table in tables), dtype=np.int64)
    for key in keys:
        of = tables[0][key].type
        column = pa.chunked_array([chunk for table in tables for chunk in table[key].cast(of).chunks], of)
        encoded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
        values = encoded.indices.to_numpy(zero_copy_only=False)
        # Renumbered after every column, so that the product of the sizes never leaves 64 bits.
        combined = np.unique(combined * (len(encoded.dictionary) or 1) + values, return_inverse=True)[1]
    _, first, codes = np.unique(combined, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.split(order[codes], np.cumsum([len(table) for table in tables])[:-1])


def matches(keys: Sequence[str], left: pa.Table, right: pa.Table) -> np.ndarray:
    """Returns for every row of `left` the row of `right` with the same key, -1 where there is none. Keys are unique."""
    of_left, of_right = row_codes(keys, left, right)
    position = np.full(max(of_left.max(initial=-1), of_right.max(initial=-1)) + 1, -1, dtype=np.int64)
    position[of_right] = np.arange(len(right))
    return position[of_left]


def taken(column: pa.ChunkedArray, position: np.ndarray) -> pa.Array:
    """Returns the values of a column at `position`, NULL where it is -1."""
    return column.combine_chunks().take(pa.array(position, mask=position < 0))


def doubles(column: pa.ChunkedArray) -> np.ndarray:
    """Returns a numeric column as doubles, NULL as NaN."""
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def nullable(values: np.ndarray) -> pa.Array:
    """Returns doubles as a column, NaN as NULL."""
    return pa.array(values, pa.float64(), mask=np.isnan(values))
