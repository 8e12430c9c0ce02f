"""Finds in the XML of a workbook (XLSX, XLSM) what its reader does not say: formulas without a result, shown zeros.

A program that writes a formula but never calculates it leaves the cell empty, and a number format such as `000000`
shows 42 as 000042, which is then the code that people know.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from lxml import etree

from ingest.values.arrow import text_array
from ingest.values.nothing import NOT_CALCULATED

# Excel's own texts for cells whose formula failed, by the names that the reader of workbooks gives them.
ERRORS = {
    "NA": "#N/A",
    "Name": "#NAME?",
    "Value": "#VALUE!",
    "Ref": "#REF!",
    "Div0": "#DIV/0!",
    "Num": "#NUM!",
    "Null": "#NULL!",
    "GettingData": "#GETTING_DATA",
}
Place = tuple[int, int]

_ERROR = re.compile(r"Error\((\w+)\)")
_CHUNK_BYTES = 1 << 20
# Longer than any cell with a formula of the longest length that Excel allows.
_OVERLAP_BYTES = 1 << 15
_FORMULA_MARKS = (b"<f", b":f>", b":f ")
_NO_RESULT = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>\s*'
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_NUMBER = re.compile(
    rb'<(?:\w+:)?c\s(?=[^>]*?\br="([A-Z]{1,3})(\d{1,7})")(?=[^>]*?\bs="(\d+)")(?![^>]*\bt=")[^>]*>\s*'
    rb"(?:<(?:\w+:)?f[^<]*</(?:\w+:)?f>)?<(?:\w+:)?v>(\d+)(?:\.0+)?</"
)
# A format of zeros alone, with texts around it: 000000, "HS-"0000, 00\-00 is not one.
_ZEROS = re.compile(r'((?:"[^"]*"|\\.)*)(0{2,})((?:"[^"]*"|\\.)*)(?:;@)?')
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^>]*?/>")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.I)


def error_texts(errors: Iterable[tuple[Place, str]]) -> dict[Place, str]:
    """Returns the text that Excel shows in each cell that the reader could not give as text."""
    found = {}
    for place, detail in errors:
        if match := _ERROR.search(detail):
            found[place] = ERRORS.get(match[1], f"#{match[1].upper()}!")
    return found


def shown_cells(path: Path) -> dict[str, dict[Place, str]]:
    """Returns by sheet name the cells whose shown text differs from what the reader gives; empty for other files."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names:
            return {}
        formats = _zero_formats(archive, names)
        return {
            sheet: cells
            for sheet, member in _members(archive, names)
            if member in names and (cells := _cells_of(archive, member, formats))
        }


def overlay(table: pa.Table, cells: dict[Place, str]) -> pa.Table:
    """Returns the table with the given texts in their cells; a cell outside the table is left out."""
    by_column: dict[int, dict[int, str]] = {}
    for (row, column), text in cells.items():
        if row < table.num_rows and column < table.num_columns:
            by_column.setdefault(column, {})[row] = text
    for at, texts in by_column.items():
        rows = pa.array(sorted(texts), pa.int64())
        mask = pc.is_in(pa.array(range(table.num_rows), pa.int64()), rows)
        whole = table.column(at).combine_chunks().cast(pa.string())
        replaced = pc.replace_with_mask(whole, mask, text_array(texts[row] for row in sorted(texts)))
        table = table.set_column(at, table.column_names[at], replaced)
    return table


def without_dimensions(source: Path, folder: Path) -> Path | None:
    """Writes a copy of a workbook whose sheets declare no extent, which some software writes wrongly; None if none."""
    target = folder / "fixed.xlsx"
    has_changed = False
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            if _SHEET.fullmatch(info.filename):
                kept = _DIMENSION.sub(b"", data, count=1)
                has_changed = has_changed or kept != data
                data = kept
            new.writestr(info.filename, data)
    return target if has_changed else None


def _members(archive: zipfile.ZipFile, names: set[str]) -> Iterator[tuple[str, str]]:
    """Yields the name of each sheet with its file in the archive."""
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in names:
        return
    targets = {
        relation.get("Id"): posixpath.normpath(posixpath.join("xl", relation.get("Target", "")))
        if not relation.get("Target", "").startswith("/")
        else relation.get("Target", "").lstrip("/")
        for relation in _parse(archive.read(relations)).iter("{*}Relationship")
    }
    for sheet in _parse(archive.read("xl/workbook.xml")).iter("{*}sheet"):
        ids = [value for key, value in sheet.attrib.items() if str(key).endswith("}id")]
        if ids and ids[0] in targets:
            yield sheet.get("name", ""), targets[ids[0]]


def _zero_formats(archive: zipfile.ZipFile, names: set[str]) -> dict[bytes, tuple[str, int, str]]:
    """Returns the styles that show a number with leading zeros: text before, number of digits, text after."""
    if "xl/styles.xml" not in names:
        return {}
    root = _parse(archive.read("xl/styles.xml"))
    codes = {}
    for number_format in root.iter("{*}numFmt"):
        if match := _ZEROS.fullmatch(number_format.get("formatCode", "")):
            codes[number_format.get("numFmtId")] = (_literal(match[1]), len(match[2]), _literal(match[3]))
    styles = [style for group in root.iter("{*}cellXfs") for style in group.iter("{*}xf")]
    return {
        str(at).encode(): codes[style.get("numFmtId")]
        for at, style in enumerate(styles)
        if style.get("numFmtId") in codes
    }


def _literal(text: str) -> str:
    return re.sub(r'"([^"]*)"|\\(.)', lambda match: match[1] if match[1] is not None else match[2], text)


def _cells_of(archive: zipfile.ZipFile, member: str, formats: dict[bytes, tuple[str, int, str]]) -> dict[Place, str]:
    cells: dict[Place, str] = {}
    with archive.open(member) as sheet:
        before = b""
        while chunk := sheet.read(_CHUNK_BYTES):
            window = before + chunk
            if any(mark in window for mark in _FORMULA_MARKS):
                for column, row in _NO_RESULT.findall(window):
                    cells[_place(column, row)] = NOT_CALCULATED
            if formats:
                for column, row, style, digits in _NUMBER.findall(window):
                    if style in formats:
                        lead, length, tail = formats[style]
                        cells[_place(column, row)] = f"{lead}{digits.decode().zfill(length)}{tail}"
            before = window[-_OVERLAP_BYTES:]
    return cells


def _place(letters: bytes, row: bytes) -> Place:
    column = 0
    for letter in letters:
        column = column * 26 + letter - ord("A") + 1
    return int(row) - 1, column - 1


def _parse(content: bytes) -> etree._Element:
    """Raises ValueError when there is no element at all."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    except etree.XMLSyntaxError as error:
        raise ValueError("no XML") from error
    if root is None:
        raise ValueError("no XML")
    return root
