"""Arrow arrays of text."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa


def text_array(values: Iterable[str | None]) -> pa.Array:
    """Return the values as an Arrow string array; None becomes NULL."""
    # pa.array(list) imports pandas to see whether the list is one of its own: half a second on every night.
    builder = pa.lib.StringBuilder()
    builder.append_values(list(values))
    return builder.finish()
