"""Converts spreadsheet cells typed in a legacy font to Unicode; one font for all cells of a table, or none."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ingest.values.arrow import text_array
from ingest.vietnamese.legacy_letters import Font, repair
from ingest.vietnamese.legacy_text import Candidate, legacy_font_of

# Number of distinct texts per column from which the font is decided.
_SAMPLE = 2_000


def repair_cells(table: pa.Table, candidates: Sequence[Candidate]) -> tuple[pa.Table, Font | None]:
    """Returns the table in Unicode, and the font in which it was typed (None when it was already Unicode)."""
    marked = [_beyond_ascii(column) for column in table.columns]
    font = legacy_font_of((text for texts in marked for text in texts[:_SAMPLE].to_pylist()), candidates)
    if font is None:
        return table, None
    columns = [_replaced(column, texts, font) for column, texts in zip(table.columns, marked, strict=True)]
    return pa.table(columns, names=table.column_names), font


def _beyond_ascii(column: pa.ChunkedArray) -> pa.Array:
    """Returns the distinct texts of a column that contain non-ASCII letters."""
    if not pa.types.is_string(column.type):
        return text_array([])
    return pc.unique(column.filter(pc.not_equal(pc.binary_length(column), pc.utf8_length(column))))


def _replaced(column: pa.ChunkedArray, texts: pa.Array, font: Font) -> pa.ChunkedArray:
    if not len(texts):
        return column
    places = pc.index_in(column, texts)
    return pc.coalesce(pc.take(text_array(repair(text, font) for text in texts.to_pylist()), places), column)
