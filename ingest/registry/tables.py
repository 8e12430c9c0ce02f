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
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ingest.registry.declaration import VALUE_TYPES, Column, Table

if TYPE_CHECKING:
    from _csv import Reader


K = TypeVar("K", bound=Hashable)

_OPEN = "9999-12-31"


class RegistryProblem(NamedTuple):
    """One fault of a registry file; `str()` gives the sentence for people.

    line counts from 1 (the header) and is None for the whole file; column and value likewise.
    """

    file: str
    line: int | None
    column: str | None
    value: str | None
    reason: str
    action: str

    def __str__(self) -> str:
        """Returns file, line, column, value, reason and what to do, in one line."""
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column is not None:
            place += f", column {self.column}"
        shown = "" if self.value is None else f"'{self.value}' "
        return f"{place}: {shown}{self.reason}. {self.action}."


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

    def report(self, row: Row, column: str, reason: str, action: str) -> None:
        """Adds a problem with one cell of a row."""
        self.problems.append(RegistryProblem(self.table.file, row.line, column, row.cells[column], reason, action))

    def report_file(self, line: int | None, column: str | None, reason: str, action: str) -> None:
        """Adds a problem with the file or its header."""
        self.problems.append(RegistryProblem(self.table.file, line, column, None, reason, action))


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
        content.report_file(reader.line_num, None, f"not readable as CSV ({error})", "Check the quotation marks")
        return content
    content.is_complete = True
    for row in content.rows:
        for column in table.columns.values():
            check_cell(content, row, column.name, column)
    return content


def check_cell(content: TableContent, row: Row, cell: str, column: Column) -> None:
    """Reports the first fault in the spelling of a cell: empty, not composed, stray spaces, type, bounds."""
    value = row.cells[cell]
    if not value:
        if column.required:
            content.report(row, cell, "is empty", f"Give {column.value_type.name}: this column is required")
    elif not unicodedata.is_normalized("NFC", value):
        content.report(row, cell, "is not in composed Unicode (NFC)", "Retype the value, or save the file as NFC")
    elif value != value.strip():
        content.report(row, cell, "begins or ends with a space", "Remove the space")
    elif not column.value_type.accepts(value):
        content.report(row, cell, f"is not {column.value_type.name}", f"Write it like {column.value_type.example}")
    elif column.one_of and value not in column.one_of:
        content.report(row, cell, "is not one of the allowed values", f"Use {', '.join(column.one_of)}")
    elif column.minimum is not None and Decimal(value) < column.minimum:
        content.report(row, cell, "is too small", f"The least is {column.minimum}")
    elif column.above is not None and Decimal(value) <= column.above:
        content.report(row, cell, "is too small", f"It has to be more than {column.above}")
    elif column.maximum is not None and Decimal(value) > column.maximum:
        content.report(row, cell, "is too large", f"The most is {column.maximum}")
    elif column.below is not None and Decimal(value) >= column.below:
        content.report(row, cell, "is too large", f"It has to be less than {column.below}")


def _read_text(path: Path, content: TableContent) -> str | None:
    if not path.is_file():
        content.report_file(None, None, "the file is missing", "Add it, with its header line even if it has no rows")
        return None
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        content.report_file(line, None, f"byte {error.start} is not UTF-8", "Save the file as 'CSV UTF-8'")
        return None


def _check_header(header: list[str], content: TableContent) -> bool:
    known = content.table.columns
    for name in known:
        if header.count(name) != 1:
            reason = "the column is missing" if name not in header else "the column appears more than once"
            content.report_file(1, name, reason, f"The header is {','.join(known)}")
    for name in header:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            action = f"Perhaps {near[0]} is meant" if near else f"The header is {','.join(known)}"
            content.report_file(1, name, "the column is not known", action)
    return not content.problems


def _read_rows(reader: Reader, header: list[str], content: TableContent) -> None:
    line = reader.line_num + 1
    for cells in reader:
        if cells and len(cells) != len(header):
            reason = f"the row has {len(cells)} cells, the header {len(header)}"
            content.report_file(line, None, reason, "Check the commas; a value with a comma needs quotation marks")
        elif cells:
            content.rows.append(Row(line, dict(zip(header, cells, strict=True))))
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
