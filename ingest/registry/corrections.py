"""Corrections of the registry: wrong values of a file, replaced while it is read.

The archive keeps the delivered file. A correction is compared with the delivered text before any conversion, so that a
cell that does not parse can be corrected; the corrected text is converted and judged like a delivered one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contract import Contract
from ingest.registry.declaration import declaration
from ingest.registry.tables import read_table
from ingest.values.arrow import text_array
from ingest.vietnamese.text import tidy
from warehouse.ledger import CorrectionResult
from warehouse.sql import quote_text

# Between the parts of a key.
KEY_SEPARATOR = " | "
APPLIED, STALE, FIXED = "applied", "stale", "mended"

# Cell of `raw` -> line of `raw` -> corrected text.
Overrides = dict[str, dict[int, str]]


@dataclass(frozen=True)
class Correction:
    """A row of corrections.csv; `row_key` is the row's key as it lands (see `key_sql`)."""

    source: str
    row_key: str
    column_name: str
    expected_value: str
    corrected_value: str
    reason: str
    reporter: str
    corrected_date: str

    def result(self, status: str, lines: Iterable[int]) -> CorrectionResult:
        """Returns the result of the correction in one file."""
        return CorrectionResult(
            self.row_key, self.column_name, self.expected_value, self.corrected_value, status, list(lines)
        )


def load_corrections(registry: Path, source: str) -> Sequence[Correction]:
    """Returns the corrections of a source in a checked registry's Parquet; read again only when the file changed."""
    path = registry / "corrections.parquet"
    return [row for row in _load(path, path.stat().st_mtime_ns) if row.source == source]


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> list[Correction]:
    rows = pq.read_table(path).to_pylist()
    return [Correction(**{name: "" if value is None else str(value) for name, value in row.items()}) for row in rows]


def read_corrections(registry: Path) -> list[tuple[int, Correction]]:
    """Line and correction of every row of the registry's CSV; none when the file is missing or its header is wrong."""
    content = read_table(registry, declaration().tables["corrections"])
    return [(row.line, Correction(**row.cells)) for row in content.rows if content.is_complete]


def corrections_digest(corrections: Sequence[Correction]) -> str:
    """Returns the sha256 of cells and values of the corrections; reporter and reason do not change it."""
    named = sorted(repr(one.result("", ()).identity) for one in corrections)
    return hashlib.sha256("\n".join(named).encode()).hexdigest()


def key_sql(contract: Contract) -> str:
    """Returns the SQL of a landed row's key as one text; a missing part is empty."""
    parts = ", ".join(f"coalesce(cast({name} as varchar), '')" for name in contract.key)
    return f"concat_ws({quote_text(KEY_SEPARATOR)}, {parts})"


def compare_with_file(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    candidates: Path,
    cells_sql: str,
    cells: Mapping[str, str],
    corrections: Sequence[Correction],
) -> tuple[list[CorrectionResult], Overrides]:
    """Returns the result of every correction whose key is in the file (lines of `raw`), and the corrected cells.

    `candidates` are the file's typed rows, `cells_sql` selects its texts, `cells` gives the cell of a column or item.
    A correction of a column that the file does not have is stale.
    """
    wanted = pa.table({"row_key": text_array(sorted({one.row_key for one in corrections}))})
    connection.register("corrected_key", wanted)
    keyed = connection.execute(
        f"""
        select {key_sql(contract)} as row_key, line from read_parquet(?)
        where row_key in (select row_key from corrected_key) order by line
        """,
        [str(candidates)],
    ).fetchall()
    if not keyed:
        return [], {}
    lines: dict[str, list[int]] = {}
    for row_key, line in keyed:
        lines.setdefault(row_key, []).append(int(line))
    connection.register("corrected_line", pa.table({"line": pa.array([line for _, line in keyed], pa.int64())}))
    named = sorted({cells[one.column_name] for one in corrections if one.column_name in cells})
    found = connection.execute(
        f"select {', '.join(['line', *named])} from ({cells_sql}) where line in (select line from corrected_line)"
    ).fetchall()
    texts = {int(line): dict(zip(named, values, strict=True)) for line, *values in found}
    results, overrides = [], Overrides()
    for one in corrections:
        if one.row_key not in lines:
            continue
        at, cell = lines[one.row_key], cells.get(one.column_name)
        delivered = {line: tidy(texts[line][cell] or "") for line in at} if cell else {}
        applied = [line for line, text in delivered.items() if text == tidy(one.expected_value)]
        if applied and cell:
            overrides.setdefault(cell, {}).update(dict.fromkeys(applied, one.corrected_value))
            results.append(one.result(APPLIED, applied))
        else:
            is_fixed = bool(delivered) and all(text == tidy(one.corrected_value) for text in delivered.values())
            results.append(one.result(FIXED if is_fixed else STALE, at))
    return results, overrides


def corrected_cell(cell: str, overrides: Mapping[int, str]) -> str:
    """Returns the SQL of a cell's text after the corrections of its column."""
    replaced = " ".join(f"when {line} then {quote_text(text)}" for line, text in overrides.items())
    return f"case line {replaced} else {cell} end"
