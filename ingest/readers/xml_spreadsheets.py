"""Reads XML Spreadsheet 2003 and web archives (MHTML), in which older reporting software saves a workbook as `.xls`."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from lxml import etree

from ingest.readers.html_tables import HtmlTable, read_tables
from ingest.readers.room import Room
from ingest.readers.sheet import UnreadableError
from ingest.values.nothing import NOT_CALCULATED

_BEGINS_AN_ARCHIVE = re.compile(rb"\s*(?:From:|MIME-Version:)[^\0]*?Content-Type:\s*multipart/related", re.I)
_SPREADSHEET = b"urn:schemas-microsoft-com:office:spreadsheet"
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.0+)?")
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
# A wider or longer sheet than Excel allows is an error and would exhaust memory.
_MOST_COLUMNS, _MOST_ROWS = 16_384, 1_048_576
_BROKEN = (
    "đây là XML Spreadsheet 2003 nhưng tệp hỏng hoặc bị cắt ngang; đề nghị mở bằng Excel, lưu lại dạng .xlsx rồi gửi "
    "lại"
)
_FAR = "có ô ghi ở rất xa bảng số liệu; đề nghị xóa các dòng, cột thừa bên ngoài bảng rồi gửi lại"
_NO_ARCHIVE = "đây là trang web lưu trữ (MHTML) không đọc được; đề nghị mở bằng Excel, lưu lại dạng .xlsx rồi gửi lại"


def looks_like_xml_spreadsheet(head: bytes) -> bool:
    """Returns whether the first bytes begin XML Spreadsheet 2003."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") and _SPREADSHEET in head[:4096]


def looks_like_web_archive(head: bytes) -> bool:
    """Returns whether the first bytes begin an MHTML file."""
    return _BEGINS_AN_ARCHIVE.match(head[:4096].removeprefix(b"\xef\xbb\xbf")) is not None


def read_xml_spreadsheet(text: str) -> dict[str, list[list[str]]]:
    """Returns the rows of every sheet by its name. Raises UnreadableError: truncated, or a cell far outside."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, encoding="utf-8")
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError(_BROKEN) from error
    room = Room()
    return {sheet.get(f"{_SS}Name", ""): _rows(sheet, room) for sheet in root.iter(f"{_SS}Worksheet")}


def read_web_archive(content: bytes) -> dict[str, list[HtmlTable]]:
    """Returns the tables of every page of an MHTML file by the page's name. Raises UnreadableError: no page."""
    message = email.message_from_bytes(content.removeprefix(b"\xef\xbb\xbf"), policy=email.policy.default)
    pages: dict[str, list[HtmlTable]] = {}
    try:
        for part in message.walk():
            if part.get_content_type() == "text/html":
                name = PurePosixPath(str(part["Content-Location"] or "")).stem or str(len(pages) + 1)
                pages[name] = read_tables(part.get_content())
    except (LookupError, UnicodeError, ValueError, AttributeError) as error:
        raise UnreadableError(_NO_ARCHIVE) from error
    if not any(pages.values()):
        raise UnreadableError(_NO_ARCHIVE)
    return pages


def _rows(sheet: etree._Element, room: Room) -> list[list[str]]:
    rows: list[list[str]] = []
    hanging: dict[int, dict[int, str]] = {}
    for row in sheet.iterfind(f"{_SS}Table/{_SS}Row"):
        at = _number(row, "Index", len(rows) + 1) - 1
        if not len(rows) <= at < _MOST_ROWS:
            raise UnreadableError(_FAR)
        room.take(at - len(rows))
        while len(rows) < at:
            rows.append(_filled(hanging.pop(len(rows), {})))
        cells = hanging.pop(at, {})
        column = 0
        for cell in row.iterfind(f"{_SS}Cell"):
            while column in cells:
                column += 1
            column = _number(cell, "Index", column + 1) - 1
            text = _text(cell)
            across, down = _number(cell, "MergeAcross", 0), _number(cell, "MergeDown", 0)
            if column + across >= _MOST_COLUMNS or at + down >= _MOST_ROWS:
                raise UnreadableError(_FAR)
            cells[column] = text
            room.take(down)
            for below in range(1, down + 1):
                hanging.setdefault(at + below, {})[column] = ""
            column += across + 1
        room.take(max(cells, default=-1) + 1 - len(cells))
        rows.append(_filled(cells))
    return rows


def _filled(cells: dict[int, str]) -> list[str]:
    return [cells.get(at, "") for at in range(max(cells, default=-1) + 1)]


def _text(cell: etree._Element) -> str:
    data = cell.find(f"{_SS}Data")
    text = "" if data is None else "".join(_texts(data))
    if not text and cell.get(f"{_SS}Formula"):
        return NOT_CALCULATED
    if data is not None and data.get(f"{_SS}Type") == "DateTime" and (moment := _MOMENT.fullmatch(text)):
        return f"{moment[1]} {moment[2]}"
    return text


def _texts(data: etree._Element) -> Iterator[str]:
    yield from (str(text) for text in data.itertext())


def _number(element: etree._Element, name: str, default: int) -> int:
    value = element.get(f"{_SS}{name}", "")
    return int(value) if value.isdecimal() else default
