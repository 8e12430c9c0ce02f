"""Reads one registry CSV: text cells with their line numbers, and faults of the file or a cell."""

from __future__ import annotations

import csv
import difflib
import io
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ingest.registry.declaration import FEATURE, VALUE_TYPES, Column, Table
from ingest.registry.messages import Text
from ingest.registry.problems import RegistryProblem

if TYPE_CHECKING:
    from _csv import Reader


K = TypeVar("K", bound=Hashable)

_OPEN = "9999-12-31"
# The line of a row that stands in no file, because it need not be written.
NO_LINE = 0


class Row(NamedTuple):
    """One data row: the line it starts on, and its cells as text ('' when empty)."""

    line: int
    cells: dict[str, str]


@dataclass
class TableContent:
    """The content of a file. `is_complete` is false when the file or its header cannot be used; it has no rows then."""

    table: Table
    rows: list[Row] = field(default_factory=list)
    problems: list[RegistryProblem] = field(default_factory=list)
    is_complete: bool = False
    # Columns of the province's own, has_<feature>, which no declaration names.
    features: dict[str, Column] = field(default_factory=dict)

    @property
    def written(self) -> list[Row]:
        """The rows of the file, without those that need not be written."""
        return [row for row in self.rows if row.line != NO_LINE]

    def report(self, row: Row, column: str, cause: str, *, about: str | None = None, **details: Any) -> None:
        """Adds a problem with one cell of a row; `cause` and `details` are a message and what fills it in."""
        value = row.cells[column]
        self.problems.append(RegistryProblem(self.table.file, row.line, column, value, cause, details, about))

    def report_file(self, line: int | None, column: str | None, cause: str, **details: Any) -> None:
        """Adds a problem with the file or its header."""
        self.problems.append(RegistryProblem(self.table.file, line, column, None, cause, details))


def read_table(folder: Path, table: Table) -> TableContent:
    """Reads one table's CSV and checks file, header and every cell by itself. Never raises for bad content."""
    content = TableContent(table)
    if table.optional and not (folder / table.file).exists():
        content.is_complete = True
        return content
    text = _read_text(folder / table.file, content)
    if text is None:
        return content
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if not _check_header(header, content):
            return content
        _read_rows(reader, header, content)
    except csv.Error as error:
        content.report_file(reader.line_num, None, "not_csv", error=error)
        return content
    content.is_complete = True
    content.features = {name: FEATURE for name in header if content.table.is_feature(name)}
    for row in content.rows:
        for name, column in [*table.columns.items(), *content.features.items()]:
            check_cell(content, row, name, column)
    return content


def check_cell(content: TableContent, row: Row, cell: str, column: Column) -> None:
    """Reports the first fault in the spelling of a cell: empty, not composed, stray spaces, type, bounds."""
    value = row.cells[cell]
    kind = Text(f"type_{column.type}", {})
    if not value:
        if column.required:
            content.report(row, cell, "empty", type=kind)
    elif not unicodedata.is_normalized("NFC", value):
        content.report(row, cell, "not_composed")
    elif value != value.strip():
        content.report(row, cell, "stray_space")
    elif not column.value_type.accepts(value):
        content.report(row, cell, "wrong_type", type=kind, example=column.value_type.example)
    elif column.one_of and value not in column.one_of:
        content.report(row, cell, "not_one_of", allowed=", ".join(column.one_of))
    elif column.minimum is not None and Decimal(value) < column.minimum:
        content.report(row, cell, "below_minimum", bound=column.minimum)
    elif column.above is not None and Decimal(value) <= column.above:
        content.report(row, cell, "not_above", bound=column.above)
    elif column.maximum is not None and Decimal(value) > column.maximum:
        content.report(row, cell, "above_maximum", bound=column.maximum)
    elif column.below is not None and Decimal(value) >= column.below:
        content.report(row, cell, "not_below", bound=column.below)


def _read_text(path: Path, content: TableContent) -> str | None:
    if not path.is_file():
        content.report_file(None, None, "missing_file")
        return None
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        content.report_file(line, None, "not_utf8", byte=error.start)
        return None


def _check_header(header: list[str], content: TableContent) -> bool:
    """An optional column may be left out, so that a registry lives on when the code has learnt another one."""
    known = content.table.columns
    wanted = ",".join(known)
    for name, column in known.items():
        if header.count(name) > 1:
            content.report_file(1, name, "column_repeated", header=wanted)
        elif name not in header and column.required:
            content.report_file(1, name, "column_missing", header=wanted)
    for name in header:
        if name not in known and not content.table.is_feature(name):
            near = difflib.get_close_matches(name, known, n=1)
            if near:
                content.report_file(1, name, "column_misspelt", near=near[0])
            else:
                content.report_file(1, name, "column_unknown", header=wanted)
    return not content.problems


def _read_rows(reader: Reader, header: list[str], content: TableContent) -> None:
    absent = dict.fromkeys(content.table.columns, "")
    line = reader.line_num + 1
    for cells in reader:
        if cells and len(cells) != len(header):
            content.report_file(line, None, "cells_of_row", found=len(cells), wanted=len(header))
        elif cells:
            content.rows.append(Row(line, absent | dict(zip(header, cells, strict=True))))
        line = reader.line_num + 1


def groups(rows: Iterable[Row], key: Callable[[Row], K]) -> Iterator[tuple[K, list[Row]]]:
    """Yields the rows by key, in the order in which the keys first appear."""
    found: dict[K, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return iter(found.items())


def overlaps(rows: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """Yields the pairs of dated rows with a common day of validity; unusable dates are reported elsewhere."""
    usable = [row for row in rows if are_dates(row.cells["valid_from"], row.cells["valid_to"])]
    for earlier, later in combinations(usable, 2):
        # ISO dates order as text; an open end is after every date.
        if earlier.cells["valid_from"] < (later.cells["valid_to"] or _OPEN) and later.cells["valid_from"] < (
            earlier.cells["valid_to"] or _OPEN
        ):
            yield earlier, later


def holds_on(row: Row, day: str) -> bool:
    """Returns whether a dated row with usable dates is valid on `day` (ISO)."""
    return row.cells["valid_from"] <= day < (row.cells["valid_to"] or _OPEN)


def are_dates(start: str, end: str) -> bool:
    """Returns whether `start` is a date and `end` a date or empty."""
    is_date = VALUE_TYPES["date"].accepts
    return is_date(start) and (not end or is_date(end))


def is_number(value: str) -> bool:
    """Returns whether a cell is a number."""
    return VALUE_TYPES["decimal"].accepts(value)
