"""Joins the tables of one delivery that have the same columns, and names every other one with a reason.

A workbook may have a sheet per agency, station, area or quarter, a page of a report may begin a table of its own, and
Excel 97 continues a long table on the next sheet without a header.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingest.contract import ColumnType, Contract
from ingest.readers.headers import FoundHeader, Vocabulary, count_known, find_elsewhere, find_header, find_value
from ingest.readers.room import Room, refuse_many_columns
from ingest.readers.sheet import (
    LINES_PER_TABLE,
    Part,
    Sheet,
    Unread,
    place_of_table,
    register_rows,
    texts_of,
    titles_of,
)
from ingest.values.arrow import text_array
from ingest.vietnamese.text import normalise_header

_NO_HEADER = "không có dòng tiêu đề của nguồn này"
_OTHER_COLUMNS = "bảng có các cột khác, thiếu «{missing}»"
_LAYOUT_ROWS = 2
_DIGIT = re.compile(r"\d")
_MOMENTS = (ColumnType.DATE, ColumnType.TIMESTAMP)


@dataclass(frozen=True)
class Grid:
    """One sheet of a workbook or one table of a page: its cells as text, and the texts before it.

    `passed_over` is why it must not be read, as a hidden sheet.
    """

    kind: str
    name: str
    cells: pa.Table
    before: list[str] = field(default_factory=list)
    is_page: bool = False
    passed_over: str | None = None

    @property
    def place(self) -> str:
        """What a sender calls it."""
        return f"{self.kind} «{self.name}»"


@dataclass(frozen=True)
class _Table:
    """A grid with the header that it was found to have, or that it continues."""

    grid: Grid
    found: FoundHeader
    titles: list[str]
    continues: bool


def table_of(rows: Sequence[Sequence[str]]) -> pa.Table:
    """Turns rows of texts into columns `0`, `1`, …; an empty text and the missing cell of a short row are null.

    Raises UnreadableError when the missing cells are too many.
    """
    width = max(map(len, rows), default=0)
    Room().take(width * len(rows) - sum(map(len, rows)))
    columns = zip(*([*row, *[""] * (width - len(row))] for row in rows), strict=True)
    return pa.table(
        [text_array(cell or None for cell in column) for column in columns], names=list(map(str, range(width)))
    )


def join_tables(
    connection: duckdb.DuckDBPyConnection, grids: Sequence[Grid], vocabulary: Vocabulary, encoding: str | None
) -> Sheet | None:
    """Defines `raw` from every table with the source's columns; None when no grid has a header.

    Where no table has all required columns, the one with most known headers is taken, for the sender to mend.
    """
    headed = [table for grid in grids if not grid.passed_over and (table := _open(grid, vocabulary))]
    if not headed:
        return None
    tops = {grid.place: _top(grid, vocabulary.contract) for grid in grids}
    texts = [title for grid in grids if not grid.passed_over for title in [*grid.before, *titles_of(tops[grid.place])]]
    missing = {table.grid.place: _missing(table, vocabulary, texts) for table in headed}
    tables = [table for table in headed if not missing[table.grid.place]]
    if not tables:
        tables = [max(headed, key=lambda t: (count_known(t.found.headers, vocabulary), t.grid.cells.num_rows))]
    tables = _with_continuations(tables, grids, vocabulary)
    read = {table.grid.place for table in tables}
    unread = []
    for grid in grids:
        rows = 0 if grid.place in read else _filled_rows(grid.cells)
        # A page lays out its titles in small tables.
        if rows > (_LAYOUT_ROWS if grid.is_page or grid.before else 0):
            reason = grid.passed_over or _NO_HEADER
            if lacking := missing.get(grid.place):
                reason = _OTHER_COLUMNS.format(missing="», «".join(lacking))
            titles = [] if grid.passed_over else [*grid.before, *titles_of(tops[grid.place])]
            unread.append(Unread(place_of_table(grid.kind, grid.name), rows, reason, titles))
    return _define(connection, tables, vocabulary, encoding, unread)


def has_header(grid: Grid, vocabulary: Vocabulary) -> bool:
    """Returns whether a row of the grid names columns of the source."""
    return find_header(_top(grid, vocabulary.contract), vocabulary) is not None


def _top(grid: Grid, contract: Contract) -> list[list[str]]:
    return [texts_of(row.values()) for row in grid.cells.slice(0, contract.files.header_search_rows).to_pylist()]


def _open(grid: Grid, vocabulary: Vocabulary) -> _Table | None:
    top = _top(grid, vocabulary.contract)
    found = find_header(top, vocabulary)
    if found is None:
        return None
    # A cell far to the right of the table has no header, and no column.
    width = max(at for at, header in enumerate(found.headers, start=1) if header)
    found = replace(found, headers=found.headers[:width])
    return _Table(grid, found, [*grid.before, *titles_of(top[: found.first])], grid.is_page)


def _missing(table: _Table, vocabulary: Vocabulary, texts: Sequence[str]) -> list[str]:
    """Returns the required columns that the table has neither below its header nor above any table."""
    contract = vocabulary.contract
    wide = contract.wide if vocabulary.is_wide(table.found.headers) else None
    meanings = {vocabulary.meaning(header) for header in table.found.headers if header}
    shared = {column.name for column in contract.columns if column.pattern}
    missing = [
        column.shown_name
        for column in contract.columns
        if column.required
        and column.name not in meanings
        and column.name not in shared
        and not (wide and column.name in (wide.code, wide.maximum))
        and not (column.path or column.constant or column.built_from)
        and not find_elsewhere(column, table.found.headers)
        and not (column.title and (find_value(column.title, texts) or column.type is ColumnType.AGENCY))
    ]
    if contract.items and not any(vocabulary.items(header) for header in table.found.headers if header):
        missing.append("câu hỏi")
    return missing


def _with_continuations(tables: list[_Table], grids: Sequence[Grid], vocabulary: Vocabulary) -> list[_Table]:
    """Adds the sheets that go on with the rows of the table before them, without a header of their own."""
    by_place = {table.grid.place: table for table in tables}
    joined: list[_Table] = []
    last: _Table | None = None
    for grid in grids:
        table = by_place.get(grid.place)
        if table is None and last is not None and not grid.passed_over and _goes_on(grid, last, vocabulary):
            table = _Table(grid, FoundHeader(last.found.headers, 0, 0), [], continues=True)
        if table is not None:
            joined.append(table)
        elif grid.cells.num_rows:
            last = None
            continue
        last = table or last
    return joined


def _goes_on(grid: Grid, before: _Table, vocabulary: Vocabulary) -> bool:
    """Returns whether the first row has most columns filled, and digits in its key and date columns."""
    if not grid.cells.num_rows or has_header(grid, vocabulary):
        return False
    first = texts_of(next(iter(grid.cells.slice(0, 1).to_pylist())).values())
    headers = before.found.headers
    if any(first[len(headers) :]) or 2 * sum(map(bool, first)) < sum(map(bool, headers)):
        return False
    contract = vocabulary.contract
    telling = {c.name for c in contract.columns if c.required and (c.type in _MOMENTS or c.name in contract.key)}
    cells = [
        text for text, header in zip(first, headers, strict=False) if vocabulary.meaning(header) in telling and text
    ]
    return bool(cells) and all(map(_DIGIT.search, cells))


def _define(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[_Table],
    vocabulary: Vocabulary,
    encoding: str | None,
    unread: list[Unread],
) -> Sheet:
    """Puts the tables below each other, each column below the one of the same meaning."""
    headers: dict[tuple[str, int], str] = {}
    for table in tables:
        for key, header in zip(_keys(table.found.headers, vocabulary), table.found.headers, strict=True):
            headers.setdefault(key, header)
    refuse_many_columns(len(headers))
    is_only = len(tables) == 1 and not unread
    bodies, lines, parts = [], [], []
    for ordinal, table in enumerate(tables):
        grid, start = table.grid, ordinal * LINES_PER_TABLE
        body = grid.cells.slice(table.found.after)
        bodies.append(_aligned(body, _keys(table.found.headers, vocabulary), headers))
        first = start + table.found.after + 1
        lines.append(pa.array(range(first, first + body.num_rows), pa.int64()))
        kind, name = ("", "") if is_only else (grid.kind, grid.name)
        parts.append(Part(table.titles, start, kind, name, table.continues and ordinal > 0, _filled_rows(body)))
    register_rows(connection, pa.concat_tables(bodies), pa.chunked_array(lines, pa.int64()))
    return Sheet(list(headers.values()), parts, encoding, unread=unread)


def _keys(headers: Sequence[str], vocabulary: Vocabulary) -> list[tuple[str, int]]:
    """Returns what each column means, and which one of that meaning it is."""
    keys: list[tuple[str, int]] = []
    for at, header in enumerate(headers):
        name = (vocabulary.meaning(header) or normalise_header(header)) if header else f"#{at}"
        keys.append((name, sum(1 for known, _ in keys if known == name)))
    return keys


def _aligned(body: pa.Table, keys: Sequence[tuple[str, int]], wanted: Iterable[tuple[str, int]]) -> pa.Table:
    """Returns the wanted columns of a body, empty ones where it has none."""
    places = {key: at for at, key in enumerate(keys[: body.num_columns])}
    empty = pa.nulls(body.num_rows, pa.string())
    columns = [body.column(places[key]) if key in places else empty for key in wanted]
    return pa.table(columns, names=list(map(str, range(len(columns)))))


def _filled_rows(cells: pa.Table) -> int:
    """Returns the number of rows with any text."""
    if not cells.num_columns:
        return 0
    filled = functools.reduce(pc.or_, (pc.is_valid(column) for column in cells.columns))
    return int(pc.sum(filled).as_py() or 0)
