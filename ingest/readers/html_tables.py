"""Reads tables of web pages, which one-stop and reporting software saves as `.xls`."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree, html

from ingest.vietnamese.text import tidy

_BEGINS_A_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head|meta|body|table)\b", re.I
)
_TITLES = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th")
_MOST_TITLES = 100
# Tags that begin a new line; without the line break two words of a cell would join.
_BREAKS = ("br", "p", "div", "li")
# The bounds of the HTML standard: a larger span is an error and would exhaust memory when expanded.
_MOST_COLUMNS, _MOST_ROWS = 1_000, 65_534


@dataclass(frozen=True)
class HtmlTable:
    """Rows of cell texts with every span expanded, and the texts of the page before the table."""

    rows: list[list[str]]
    before: list[str]


def looks_like_html(head: bytes) -> bool:
    """Returns whether the first bytes begin a page or a table; the file name does not matter."""
    return _BEGINS_A_PAGE.match(head) is not None


def read_tables(text: str) -> list[HtmlTable]:
    """Returns every table of a page in reading order; a nested table is a table of its own."""
    try:
        # The page may declare another encoding, but the text is already decoded.
        page = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    except etree.ParserError:
        return []
    for element in page.iter(*_BREAKS):
        element.tail = " " + (element.tail or "")
    tables = []
    before: deque[str] = deque(maxlen=_MOST_TITLES)
    for element in page.iter(*_TITLES, "table"):
        if element.tag == "table":
            captions = [tidy(caption.text_content()) for caption in element.iterchildren("caption")]
            tables.append(HtmlTable(_expand(element), [*before, *captions]))
        elif element.find(".//table") is None and (title := tidy(element.text_content())):
            before.append(title)
    return [table for table in tables if table.rows]


def _expand(table: html.HtmlElement) -> list[list[str]]:
    """Returns the rows of the table; a cell that spans columns or rows is repeated in each of them."""
    rows = []
    hanging: dict[int, tuple[str, int]] = {}
    for row in _own_rows(table):
        filled = {at: text for at, (text, _) in hanging.items()}
        hanging = {at: (text, left - 1) for at, (text, left) in hanging.items() if left > 1}
        at = 0
        for cell in row.iterchildren("td", "th"):
            text, height = tidy(cell.text_content()), _span(cell, "rowspan", _MOST_ROWS)
            while at in filled:
                at += 1
            for _ in range(_span(cell, "colspan", _MOST_COLUMNS)):
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
