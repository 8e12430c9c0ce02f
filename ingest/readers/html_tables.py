"""Reads tables of web pages, which one-stop and reporting software saves as `.xls`."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
from lxml import etree, html

from ingest.readers.headers import Vocabulary
from ingest.readers.room import Room
from ingest.readers.sheet import EmptyError, Sheet, no_header
from ingest.readers.tables import Grid, has_header, join_tables, table_of
from ingest.vietnamese.text import tidy

_BEGINS_A_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head|meta|body|table)\b", re.I
)
_TITLES = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th")
_MOST_TITLES = 100
_BLANK = "trang web không có chữ nào trong bảng; đề nghị kết xuất và gửi lại"
# Tags that begin a new line; without the line break two words of a cell would join.
_BREAKS = ("br", "p", "div", "li")
# The bounds of the HTML standard: a larger span is an error and would exhaust memory when expanded.
_MOST_COLUMNS, _MOST_ROWS = 1_000, 65_534


@dataclass(frozen=True)
class HtmlTable:
    """Rows of cell texts with every span expanded.

    `number` counts the page's tables from 1. `before` are the last texts of the page before the table, each with the
    number of the table in which it stands, 0 for none.
    """

    number: int
    rows: list[list[str]]
    before: list[tuple[int, str]]


def looks_like_html(head: bytes) -> bool:
    """Returns whether the first bytes begin a page or a table; the file name does not matter."""
    return _BEGINS_A_PAGE.match(head) is not None


def read_tables(text: str) -> list[HtmlTable]:
    """Returns every table of a page in reading order; a nested table is a table of its own.

    Raises UnreadableError when the spans of cells would expand to too many.
    """
    try:
        # The page may declare another encoding, but the text is already decoded.
        page = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    except etree.ParserError:
        return []
    for element in page.iter(*_BREAKS):
        element.tail = " " + (element.tail or "")
    tables: list[HtmlTable] = []
    room = Room()
    numbers: dict[html.HtmlElement, int] = {}
    before: deque[tuple[int, str]] = deque(maxlen=_MOST_TITLES)
    for element in page.iter(*_TITLES, "table"):
        if element.tag == "table":
            numbers[element] = len(numbers) + 1
            captions = [(0, tidy(caption.text_content())) for caption in element.iterchildren("caption")]
            tables.append(HtmlTable(numbers[element], _expand(element, room), [*before, *captions]))
        elif element.find(".//table") is None and (title := tidy(element.text_content())):
            owner = next(element.iterancestors("table"), None)
            before.append((0 if owner is None else numbers[owner], title))
    return [table for table in tables if table.rows]


def join_pages(
    connection: duckdb.DuckDBPyConnection, pages: Mapping[str, Sequence[HtmlTable]], vocabulary: Vocabulary
) -> Sheet:
    """Opens the tables with the source's columns as one delivery; `pages` are those of one page, or of each sheet.

    Raises EmptyError: no text; UnreadableError: no table of the source.
    """
    tables = [table for page in pages.values() for table in page]
    if tables and not any(cell for table in tables for row in table.rows for cell in row):
        raise EmptyError(_BLANK)
    grids = [grid for name, page in pages.items() for grid in _grids(name, page, vocabulary)]
    if sheet := join_tables(connection, grids, vocabulary, "utf-8"):
        return sheet
    raise no_header(vocabulary.contract)


def _grids(sheet: str, page: Sequence[HtmlTable], vocabulary: Vocabulary) -> Iterator[Grid]:
    """Yields the tables of a page, each with the texts since the table of data before it."""
    headed: set[int] = set()
    for table in page:
        last = max((at for at, (owner, _) in enumerate(table.before) if owner in headed), default=-1)
        texts = [text for _, text in table.before[last + 1 :]]
        name = f"{sheet}, bảng {table.number}" if sheet else str(table.number)
        grid = Grid("trang tính" if sheet else "bảng", name, table_of(table.rows), texts, is_page=table.number > 1)
        if has_header(grid, vocabulary):
            headed.add(table.number)
        yield grid


def _expand(table: html.HtmlElement, room: Room) -> list[list[str]]:
    """Returns the rows of the table; a cell that spans columns or rows is repeated in each of them."""
    rows = []
    hanging: dict[int, tuple[str, int]] = {}
    for row in _own_rows(table):
        filled = {at: text for at, (text, _) in hanging.items()}
        for text in filled.values():
            room.take(1, text)
        hanging = {at: (text, left - 1) for at, (text, left) in hanging.items() if left > 1}
        at = 0
        for cell in row.iterchildren("td", "th"):
            text, height = tidy(cell.text_content()), _span(cell, "rowspan", _MOST_ROWS)
            while at in filled:
                at += 1
            width = _span(cell, "colspan", _MOST_COLUMNS)
            room.take(width - 1, text)
            for _ in range(width):
                filled[at] = text
                if height > 1:
                    hanging[at] = (text, height - 1)
                at += 1
        rows.append([filled.get(at, "") for at in range(max(filled, default=-1) + 1)])
    return rows


def _own_rows(table: html.HtmlElement) -> Iterator[html.HtmlElement]:
    for child in table.iterchildren("tr", "thead", "tbody", "tfoot"):
        yield from [child] if child.tag == "tr" else child.iterchildren("tr")


def _span(cell: html.HtmlElement, name: str, most: int) -> int:
    value = (cell.get(name) or "").strip()
    return min(max(int(value), 1), most) if value.isdecimal() else 1
