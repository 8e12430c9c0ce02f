"""Rows below a header that are no data although no column of the contract tells: how a page is laid out.

`LAYOUT_REASONS` says which. A row that shows a code in a key column, or more than a few cells, is data whatever it
lacks: a rule judges it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.contract import ColumnType, Contract
from ingest.readers.headers import HeaderError, HeaderMatch, Vocabulary, find_value
from ingest.readers.sheet import LINES_PER_TABLE, Part, Sheet, titles_of
from ingest.registry.items import NO_ITEMS, ItemBook
from ingest.vietnamese.text import normalise_header, tidy
from warehouse.sql import quote_text

NUMBER, TITLE, GROUP, NOTE, SIGNATURE = "number", "title", "group", "note", "signature"
LAYOUT_REASONS = {
    NUMBER: "the row of column numbers right below the header, `(1) (2) (3)` or `A B 1 2`",
    TITLE: "the header again, on the next page or above the next table, and the title rows above it",
    GROUP: "one text of several words and without digits at the left, `I. CẤP TỈNH` or `Sở Nội vụ`, with data below it",
    NOTE: "`Ghi chú: …` or `(*) …` alone at the left, and the points that follow it at the foot",
    SIGNATURE: "`Người lập biểu`, `TM. UBND …`, `Nơi nhận: …`, or place and date, and all below it; no data may follow",
}
_MOST_CELLS = 3
# A file with more rows of so few cells is not a laid-out page, and its rows are data.
_MOST_ROWS = 50_000
_SMALL_ROWS = 2_000
_FEWEST_HEADERS = 2
_FEWEST_NUMBERS = 3
_CHUNK_BYTES = 1 << 18
# Notes and signatures are at the end of the file.
_FOOT_BYTES = 1 << 16
_FEW_CELLS, _FOOT_CELLS = 2, 3
# So many rows may stand between two tables.
_TITLE_ROWS = 10
_CODE = re.compile(r"\S*\d\S*")
_COLUMN_NUMBER = re.compile(r"\(?(?P<number>[a-zđ]|\d{1,3})(?:\s*=[\d\s=+*/x:().-]+)?\)?")
_ORDINAL = re.compile(r"(?:[ivxlcdm]+|[a-zđ])[.)]?")
_GROUP = re.compile(r"(?:\d{1,3}[.)]\s+)?[^\W\d]\D*\s\D*[^\W\d]\D*")
_NOTE = re.compile(
    r"(?:ghi chú|chú thích|lưu ý|chú ý|nguồn|nguồn số liệu|đơn vị tính|đvt)\s*[:.].*|ghi chú|\(?\*+\)?(?:[\s:].*|\w.*)"
)
_POINT = re.compile(r"[-+–•(*].*")
_SIGNATURE = re.compile(
    r"(?:[^,]{2,40}, )?ngày [\d .…]+tháng [\d .…]+năm [\d .…]*"
    r"|(?:người|cán bộ|chuyên viên) (?:lập|tổng hợp|nhập|kiểm tra)(?: (?:biểu|bảng|phiếu|báo cáo|số liệu))?"
    r"(?:\s*\(.*\))?"
    r"|(?:tm|kt|tl|tuq|q)\. ?[^\W\d].*|nơi nhận\s*(?::.*)?|xác nhận của .+"
    r"|(?:phó )?(?:thủ trưởng|giám đốc|chủ tịch|trưởng phòng|chánh văn phòng)(?:[ ,(][^\d]*)?"
)
_LIKE_A_TITLE = (ColumnType.TEXT, ColumnType.AGENCY)


@dataclass(frozen=True)
class _Row:
    """A row of few cells: the line that `raw` says and what stands where; one text over merged cells stands once."""

    line: int
    cells: dict[int, str]


def find_layout_rows(
    connection: duckdb.DuckDBPyConnection,
    sheet: Sheet,
    matched: HeaderMatch,
    contract: Contract,
    book: ItemBook = NO_ITEMS,
) -> tuple[dict[int, str], dict[str, dict[int, str]]]:
    """Returns lines of `raw` -> why the row is no data, and all constants, with those between the rows.

    Raises HeaderError when a second table has other columns than the first: which of them counts is for the sender.
    """
    reasons: dict[int, str] = {}
    constants = {name: dict(values) for name, values in matched.constants.items()}
    for part in sheet.parts:
        layout = _Layout(connection, sheet, part, matched, contract, book)
        reasons |= layout.reasons()
        for name, values in layout.constants.items():
            constants[name] |= values
    return reasons, constants


class _Layout:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        sheet: Sheet,
        part: Part,
        matched: HeaderMatch,
        contract: Contract,
        book: ItemBook,
    ) -> None:
        self.connection = connection
        self.sheet = sheet
        self.part = part
        until = part.start + LINES_PER_TABLE
        self.raw = "raw" if len(sheet.parts) == 1 else f"raw where line > {part.start} and line <= {until}"
        self.vocabulary = Vocabulary(contract, book)
        self.names = [name for name, *_ in connection.execute("select * exclude (line) from raw limit 0").description]
        self.meanings = [self.vocabulary.meaning(header) for header in sheet.headers]
        headed = [at for at, header in enumerate(sheet.headers) if header] or [0]
        self.left = headed[:2]
        self.most_cells = max(1, min(_MOST_CELLS, len(headed) // 2))
        self.columns = {matched.positions[c.name]: c for c in contract.columns if c.name in matched.positions}
        self.headers = {text for header in self._known_headers() for text in (header, header.upper())}
        self.keys = {matched.positions[name] for name in contract.key if name in matched.positions}
        self.looked_at = sorted({*self.left, *self.keys})
        self.titled = {c.name: c.title for c in contract.columns if c.title and c.name in matched.constants}
        self.constants: dict[str, dict[int, str]] = {}

    def reasons(self) -> dict[int, str]:
        found = dict.fromkeys(self._numbered(), NUMBER)
        if self.sheet.text and not may_show_layout(*self.sheet.text, self.sheet.headers):
            return found
        rows, last_full = self._sparse_rows()
        if len(rows) > _MOST_ROWS:
            return found
        headers = [row for row in rows if self._is_header(row)]
        found |= dict.fromkeys((row.line for row in headers), TITLE)
        rest = [row for row in rows if row.line not in found]
        found |= dict.fromkeys(self._titles_above(headers, rest), TITLE)
        last_data = max([last_full, *(row.line for row in rest if self._is_data(row))])
        # A title between the rows holds for those below it, as the next station of a list.
        found |= dict.fromkeys(
            (row.line for row in rest if row.line < last_data and not self._is_data(row) and self._is_titled(row)),
            TITLE,
        )
        few = [row for row in rest if row.line not in found and not self._is_data(row)]
        foot = [row for row in few if row.line > last_data]
        signed = next((row.line for row in foot if any(map(_is_signature, row.cells.values()))), None)
        is_note = False
        for row in few:
            if signed is not None and row.line >= signed:
                found[row.line] = SIGNATURE
            elif self._is_note(row) or (is_note and row.line > last_data and self._is_point(row)):
                found[row.line] = NOTE
            elif row.line < last_data and self._is_group(row):
                found[row.line] = GROUP
            is_note = found.get(row.line) == NOTE
        return found

    def _is_titled(self, row: _Row) -> bool:
        """Takes up the values that the row says for the rows below it, as `Đơn vị: …`; returns whether it says any."""
        is_titled = False
        for name, pattern in self.titled.items():
            if value := find_value(pattern, titles_of([list(row.cells.values())])):
                self.constants.setdefault(name, {})[row.line] = value
                is_titled = True
        return is_titled

    def _numbered(self) -> list[int]:
        """Returns the line of the column numbers, when they stand right below the header."""
        rows = self.connection.execute(f"select line, * exclude (line) from {self.raw} limit 1").fetchall()
        return [line for line, *cells in rows if self._is_numbered(_cells_of(cells))]

    def _is_numbered(self, cells: dict[int, str]) -> bool:
        matches = [_COLUMN_NUMBER.fullmatch(normalise_header(text)) for text in cells.values()]
        if len(matches) < _FEWEST_NUMBERS:
            return False
        texts = [match["number"] for match in matches if match]
        numbers = [int(text) for text in texts if text.isdecimal()]
        if len(texts) < len(matches) or numbers != list(range(1, len(numbers) + 1)) or len(numbers) < 2:
            return False
        # Points and answers are numbers too: some cell must hold what its column never does.
        return all(text.startswith("(") for text in cells.values()) or any(
            at in self.columns
            and at not in self.keys
            and self.columns[at].type not in (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.BOOLEAN)
            for at in cells
        )

    def _sparse_rows(self) -> tuple[list[_Row], int]:
        """Returns rows of few cells and rows that may be a header, by line; the line of the last other row, else 0."""
        columns = ", ".join(self.names)
        rows = self.connection.execute(f"select line, {columns} from {self.raw} limit {_SMALL_ROWS + 1}").fetchall()
        if len(rows) > _SMALL_ROWS:
            return self._sparse_rows_of_many(columns)
        sparse = [self._is_sparse(cells) for _, *cells in rows]
        found = [
            _Row(line, _cells_of(cells)) for (line, *cells), is_sparse in zip(rows, sparse, strict=True) if is_sparse
        ]
        return found, max((row[0] for row, is_sparse in zip(rows, sparse, strict=True) if not is_sparse), default=0)

    def _is_sparse(self, cells: Sequence[str | None]) -> bool:
        first = cells[:_MOST_CELLS]
        return (
            sum((cell or "") >= "!" for cell in cells) <= _MOST_CELLS
            or (len(set(first)) == 1 and len(first) == _MOST_CELLS and first[0] is not None)
            or any(cells[at] in self.headers for at in self.looked_at)
        )

    def _sparse_rows_of_many(self, columns: str) -> tuple[list[_Row], int]:
        """Returns the same by SQL: its plan costs more than a small file, its run much less than a loop."""
        filled = " + ".join(f"coalesce({name} >= '!', false)::int" for name in self.names)
        listed = ", ".join(map(quote_text, sorted(self.headers)))
        conditions = [f"({filled}) <= {_MOST_CELLS}"]
        conditions += [f"coalesce({self.names[at]} in ({listed}), false)" for at in self.looked_at]
        first = self.names[:_MOST_CELLS]
        if len(first) == _MOST_CELLS:
            conditions.append(f"coalesce({' = '.join(first[:2])} and {' = '.join(first[1:])}, false)")
        sparse = f"({' or '.join(conditions)})"
        found = self.connection.execute(
            f"select line, {columns} from (from {self.raw}) where {sparse} order by line limit {_MOST_ROWS + 1}"
        ).fetchall()
        if not found:
            return [], 0
        last = self.connection.execute(f"select max(line) from (from {self.raw}) where not {sparse}").fetchall()[0][0]
        return [_Row(line, _cells_of(cells)) for line, *cells in found], last or 0

    def _known_headers(self) -> Iterable[str]:
        yield from (header for header, meaning in zip(self.sheet.headers, self.meanings, strict=True) if meaning)
        for column in self.vocabulary.contract.columns:
            yield from (*column.headers, *column.opposite_headers)

    def _is_header(self, row: _Row) -> bool:
        """Raises HeaderError for the header of another table."""
        known = dict(zip(row.cells, self.vocabulary.meanings(list(row.cells.values())), strict=True))
        unknown = [text for at, text in row.cells.items() if known[at] is None]
        if any(map(_CODE.search, unknown)) and not self._repeats(row):
            return False
        meanings = {at: meaning for at, meaning in known.items() if meaning}
        if len(set(meanings.values())) < _FEWEST_HEADERS:
            return False
        if len(set(meanings.values()) & set(self.meanings)) < len(set(meanings.values())) / 2:
            raise self._second_table(row)
        # The upper of two header rows names a column over its neighbours too.
        own = {meaning: {at for at, known in enumerate(self.meanings) if known == meaning} for meaning in self.meanings}
        places: dict[str, set[int]] = {}
        for at, meaning in meanings.items():
            places.setdefault(meaning, set()).add(at)
        if any(meaning in own and not own[meaning] & at for meaning, at in places.items()):
            raise self._second_table(row)
        return True

    def _second_table(self, row: _Row) -> HeaderError:
        place = f"{self.part.place}, " if self.part.place else ""
        cells = "», «".join(map(self.vocabulary.shown, list(row.cells.values())[:4]))
        cells = "», «".join(map(self.vocabulary.shown, list(row.cells.values())[:4]))
        return HeaderError(
            f"ở {place}dòng {self._true_line(row.line) - self.part.start} bắt đầu một bảng thứ hai có các cột khác "
            f"bảng trên («{cells}»…); đề nghị gửi mỗi bảng một tệp hoặc xếp cùng "
            "các cột"
        )

    def _repeats(self, row: _Row) -> bool:
        return all(at < len(self.sheet.headers) and tidy(self.sheet.headers[at]) == t for at, t in row.cells.items())

    def _true_line(self, line: int) -> int:
        """Returns the line in the file: `raw` does not count what could not be split."""
        for lost in sorted(self.sheet.broken_lines):
            line += line >= lost
        return line

    def _titles_above(self, headers: Sequence[_Row], rest: Sequence[_Row]) -> Iterable[int]:
        few = {row.line for row in rest if not self._is_data(row)}
        above = {line for row in headers for line in range(row.line - _TITLE_ROWS, row.line)}
        if not above & few:
            return
        listed = ", ".join(map(str, sorted(above)))
        present = {
            line for (line,) in self.connection.execute(f"select line from raw where line in ({listed})").fetchall()
        }
        for row in headers:
            for line in range(row.line - 1, row.line - _TITLE_ROWS - 1, -1):
                if line in few:
                    yield line
                elif line in present:
                    break

    def _is_data(self, row: _Row) -> bool:
        return len(row.cells) > self.most_cells or any(_CODE.fullmatch(row.cells.get(at, "")) for at in self.keys)

    def _is_note(self, row: _Row) -> bool:
        at, text = next(iter(row.cells.items()), (-1, ""))
        folded = normalise_header(text)
        is_alone = len(row.cells) == 1 or folded.rstrip(" :.") == "ghi chú"
        return is_alone and at in self.left and _NOTE.fullmatch(folded) is not None

    def _is_point(self, row: _Row) -> bool:
        return len(row.cells) == 1 and all(map(_POINT.fullmatch, row.cells.values()))

    def _is_group(self, row: _Row) -> bool:
        if any(map(_is_signature, row.cells.values())):
            return False
        places, texts = list(row.cells), [normalise_header(text) for text in row.cells.values()]
        if len(texts) == 2 and places == self.left and _ORDINAL.fullmatch(texts[0]):
            return self._may_be_title(places[1]) and _GROUP.fullmatch(texts[1]) is not None
        return (
            len(texts) == 1
            and places[0] in self.left
            and self._may_be_title(places[0])
            and _GROUP.fullmatch(texts[0]) is not None
        )

    def _may_be_title(self, at: int) -> bool:
        """Returns False where a name or a label of a list may be all that is left of a row of data."""
        column = self.columns.get(at)
        return column is None or (column.type in _LIKE_A_TITLE and not column.personal)


def _is_signature(text: str) -> bool:
    return _SIGNATURE.fullmatch(normalise_header(text)) is not None


def _cells_of(cells: Sequence[str | None]) -> dict[int, str]:
    """Returns place -> text of the filled cells; a text that spans all filled cells stands once, at the left."""
    filled = {at: text for at, cell in enumerate(cells) if (text := tidy(cell or ""))}
    if len(filled) > 1 and len(set(filled.values())) == 1:
        at, text = next(iter(filled.items()))
        return {at: text}
    return filled


def may_show_layout(path: Path, delimiter: str, headers: Sequence[str]) -> bool:
    """Returns False when no row of the regular UTF-8 file has few filled cells and the header occurs once.

    Among n cells of which two are filled, at least a third of the others are adjacent empty cells.
    """
    run = max(1, -(-(len(headers) - _FEW_CELLS) // (_FEW_CELLS + 1)))
    bare, quoted = (delimiter * run).encode(), (f'{delimiter}""' * run).encode()
    # At either end of a row the run has one delimiter fewer.
    ends = [mark.encode() for mark in (delimiter * (run + 1), f"\n{delimiter * run}")]
    ends += [bare + end for end in (b"\n", b"\r")]
    header = max(headers, key=len).encode()
    overlap = max(map(len, [quoted, header, *ends]))
    seen, before = 0, b""
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            window = before + chunk
            # Each search costs more than reading the file; the first one can rule out four others.
            if (bare in window and any(mark in window for mark in ends)) or quoted in window:
                return True
            seen += window.count(header) - before.count(header)
            if seen > 1:
                return True
            before = window[-overlap:]
        handle.seek(max(0, path.stat().st_size - _FOOT_BYTES))
        foot = handle.read().decode("utf-8", "replace").splitlines()[1:]
    return any(sum(map(bool, map(str.strip, row))) <= _FOOT_CELLS for row in csv.reader(foot, delimiter=delimiter))
