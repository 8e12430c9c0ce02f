"""Arrow arrays of text, and functions over them that work once per distinct value."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.compute as pc


def text_array(values: Iterable[str | None]) -> pa.Array:
    """Return the values as an Arrow string array; None becomes NULL."""
    # pa.array(list) imports pandas to see whether the list is one of its own: half a second on every night.
    builder = pa.lib.StringBuilder()
    builder.append_values(list(values))
    return builder.finish()


def as_text(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One string array, whatever DuckDB hands over."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return whole.cast(pa.string())


def over_distinct(function: Callable[[str], str | None]) -> Callable[[pa.Array], pa.Array]:
    """`function` for arrays, called once for each distinct value that ever comes; for columns of few values.

    Two threads may both learn a value; the pair of arrays is replaced as one, so neither reads half of it.
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
