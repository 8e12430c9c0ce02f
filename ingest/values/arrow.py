"""Arrow arrays of text, and functions that run once per distinct value."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.compute as pc


def text_array(values: Iterable[str | None]) -> pa.Array:
    """Returns the values as an Arrow string array; None becomes NULL."""
    # pa.array(list) imports pandas to check whether the list is a pandas object: half a second every night.
    builder = pa.lib.StringBuilder()
    builder.append_values(list(values))
    return builder.finish()


def as_text(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Returns one string array from any array that DuckDB passes."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return whole.cast(pa.string())


def over_distinct(function: Callable[[str], str | None]) -> Callable[[pa.Array], pa.Array]:
    """Wraps `function` for arrays and calls it once per distinct value ever seen; for columns with few values.

    Two threads may compute the same value; the pair of arrays is replaced at once, so neither reads a partial update.
    """
    known = (text_array([]), text_array([]))

    def over_array(values: pa.ChunkedArray | pa.Array) -> pa.Array:
        nonlocal known
        texts, (keys, results) = as_text(values), known
        places = pc.index_in(texts, keys)
        if places.null_count:
            unseen = pc.unique(texts.filter(pc.is_null(places)))
            learnt = text_array([None if text is None else function(text) for text in unseen.to_pylist()])
            keys, results = pa.concat_arrays([keys, unseen]), pa.concat_arrays([results, learnt])
            known = (keys, results)
            places = pc.index_in(texts, keys)
        return results.take(places)

    return over_array
