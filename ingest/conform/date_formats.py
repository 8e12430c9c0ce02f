"""Orders the declared date formats by their frequency in a large file."""

from __future__ import annotations

import duckdb

from ingest.contract import Column
from ingest.readers.headers import HeaderMatch
from ingest.values.dates import plain_formats

# So many rows tell which of the declared date formats a file uses most; a smaller file is read sooner than asked.
_RANKED_ROWS = 5_000


def with_likely_formats(
    connection: duckdb.DuckDBPyConnection, columns: list[Column], matched: HeaderMatch
) -> list[Column]:
    """Returns the columns with their date formats by frequency in this file: each failed try costs a pass."""
    places = matched.positions
    dated = {c.name: formats for c in columns if c.name in places and len(formats := plain_formats(c)) > 1}
    if not dated:
        return columns
    cells = ", ".join(f"trim(c{places[name]}) as {name}" for name in dated)
    sample = connection.sql(f"select {cells} from raw limit {_RANKED_ROWS}").to_arrow_table()
    if len(sample) < _RANKED_ROWS:
        return columns
    connection.register("dates", sample)
    tries = [(name, form) for name, formats in dated.items() for form in formats]
    counts = ", ".join(f"count(try_strptime({name}, '{form}'))" for name, form in tries)
    hits = dict(zip(tries, connection.execute(f"select {counts} from dates").fetchall()[0], strict=True))
    connection.unregister("dates")
    return [
        column.model_copy(
            update={
                "formats": [
                    *sorted(dated[column.name], key=lambda form: -hits[column.name, form]),
                    *(form for form in column.formats if form not in dated[column.name]),
                ]
            }
        )
        if column.name in dated
        else column
        for column in columns
    ]
