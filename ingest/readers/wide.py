"""Unfolds a table with a row per agency and a column per criterion, as decisions print it, into a row per criterion."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

from ingest.contract import Wide
from ingest.readers.csv_files import count_broken_lines
from ingest.readers.headers import HeaderError, Vocabulary, normalise_criterion
from ingest.readers.sheet import LINES_PER_TABLE, Part, Sheet
from ingest.vietnamese.text import normalise_header
from warehouse.sql import quote_text

_MAXIMUM_ROW = "(?i)(điểm )?(tối đa|chuẩn)|thang điểm"
_BROKEN = (
    "bảng ghi mỗi cơ quan một dòng, mỗi tiêu chí một cột có {n} dòng không tách được ô (dòng {line}…); đề nghị sửa rồi "
    "gửi lại"
)
_AREAS = (
    "bảng ghi mỗi cơ quan một dòng, mỗi lĩnh vực một cột: các lĩnh vực «{areas}» có nhiều tiêu chí nên không chia được "
    "điểm cho từng tiêu chí; đề nghị gửi bảng điểm của từng tiêu chí"
)


def unfold(connection: duckdb.DuckDBPyConnection, sheet: Sheet, vocabulary: Vocabulary) -> Sheet:
    """Defines `raw` and the sheet anew where the headers are criteria; each criterion becomes a table of its own.

    The maximum of a criterion stands in its header, `Thể chế (10)`, or in a row of maxima. Raises HeaderError for areas
    of several criteria, and for lines that could not be split.
    """
    wide = vocabulary.contract.wide
    if wide is None or not vocabulary.is_wide(sheet.headers):
        return sheet
    criteria = vocabulary.criteria_in(sheet.headers)
    if areas := [sheet.headers[at] for at, code in criteria.items() if not code]:
        raise HeaderError(_AREAS.format(areas="», «".join(areas)))
    kept = [
        at
        for at, header in enumerate(sheet.headers)
        if header and at not in criteria and not _is_dropped(header, wide, vocabulary)
    ]
    value = next((name for name, title in wide.values.items() if _says(title, sheet.titles)), "")
    if not value:
        return sheet
    names = {column.name: column.headers[0] for column in vocabulary.contract.columns if column.headers}
    maxima = {at: normalise_criterion(sheet.headers[at])[1] for at in criteria}
    above = _maximum_row(connection, kept)
    filled = " or ".join(f"trim(c{at}) <> ''" for at in criteria)
    others = f" and line <> {above}" if above is not None else ""
    selects: list[str] = []
    parts: list[Part] = []
    for part in sheet.parts:
        for at, code in criteria.items():
            start = len(parts) * LINES_PER_TABLE
            parts.append(_part_of(part, sheet.headers[at], start))
            maximum = quote_text(maxima[at]) if maxima[at] else "null"
            if above is not None:
                maximum = f"coalesce((select c{at} from raw where line = {above}), {maximum})"
            said = [f"case when {filled} then {cell} end" for cell in (quote_text(code), maximum)]
            cells = [*(f"c{other}" for other in kept), *said, f"c{at}"]
            listed = ", ".join(f"{cell} as c{place}" for place, cell in enumerate(cells))
            where = f"line > {part.start} and line <= {part.start + LINES_PER_TABLE}{others}"
            selects.append(f"select {listed}, line + {start - part.start} as line from raw where {where}")
    connection.execute(f"create or replace table unfolded as {' union all '.join(selects)}").fetchall()
    if broken := count_broken_lines(connection, sheet):
        raise HeaderError(_BROKEN.format(n=len(broken), line=min(broken)))
    is_view = connection.execute("select count(*) from duckdb_views() where view_name = 'raw'").fetchall()[0][0]
    connection.execute(f"drop {'view' if is_view else 'table'} raw")
    connection.execute("alter table unfolded rename to raw")
    headers = [*(sheet.headers[at] for at in kept), names[wide.code], names[wide.maximum], names[value]]
    return Sheet(headers, parts, sheet.encoding, unread=sheet.unread)


def _part_of(part: Part, header: str, start: int) -> Part:
    return Part(part.titles, start, part.kind, part.name, rows=part.rows, column=header)


def _is_dropped(header: str, wide: Wide, vocabulary: Vocabulary) -> bool:
    """Returns whether a column has no place in a row per criterion: totals, ranks, and a serial number called TT."""
    column = vocabulary.column(header)
    if column is not None:
        return column.name in {wide.code, *wide.values}
    folded = normalise_header(header)
    return any(re.fullmatch(pattern, folded) for pattern in wide.ignored_headers)


def _says(pattern: str, titles: Sequence[str]) -> bool:
    return any(re.search(pattern, normalise_header(title)) for title in titles)


def _maximum_row(connection: duckdb.DuckDBPyConnection, kept: Sequence[int]) -> int | None:
    """Returns the line of the row that has the maxima of the criteria."""
    says = " or ".join(f"regexp_full_match(nfc_normalize(trim(c{at})), {quote_text(_MAXIMUM_ROW)})" for at in kept)
    found = connection.execute(f"select min(line) from raw where {says}").fetchall()
    return found[0][0]
