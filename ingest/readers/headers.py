"""Finds the header row of a file and matches its headers with the columns of the contract, or says what is wrong."""

from __future__ import annotations

import difflib
import itertools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest.contract import Column, ColumnType, Contract
from ingest.disclosure import disclose
from ingest.period import without_citations
from ingest.readers.sheet import Part, Unread
from ingest.registry.items import NO_ITEMS, Form, ItemBook
from ingest.vietnamese.text import normalise_header, tidy

# Fewer known headers may occur by chance in any row of text.
_FEWEST = 2
# Marks of a form around a header: a field that must be filled in, a colon before the value.
_MARKS = re.compile(r"^[\s:*]+|[\s:*]*(?:\(\*+\))?[\s:*]*$")
_CRITERION_MAXIMUM = re.compile(r"\(\s*(?:(?:điểm )?tối đa\s*:?\s*)?(?P<maximum>\d+(?:[.,]\d+)?)\s*(?:điểm|đ)?\s*\)$")
_MAXIMUM = re.compile(r"\s*\(\d+([.,]\d+)?\)$")


# Below this likeness a header is another one: «Phí» is not «Kênh thực hiện», and a hint to it would mislead.
_ALIKE = 0.75


class HeaderError(ValueError):
    """A required column is missing or a column occurs twice: the whole delivery, with its `rows`, is held."""

    rows = 0


@dataclass(frozen=True)
class HeaderMatch:
    """Positions of the contract's columns in a delivery.

    `positions` of the found columns, `items` of the item codes; `constants` are values found above a table, each with
    the line of `raw` from which it holds; `opposite` the columns whose header means the opposite; `unknown` headers are
    never read. `elsewhere` are the places and patterns of a column whose values stand in the cells of others, `built`
    the columns whose texts together are the column's.
    """

    positions: dict[str, int]
    unknown: list[str]
    items: dict[str, int] = field(default_factory=dict)
    constants: dict[str, dict[int, str]] = field(default_factory=dict)
    opposite: frozenset[str] = frozenset()
    elsewhere: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    built: dict[str, list[str]] = field(default_factory=dict)


class Vocabulary:
    """The known headers: columns of the contract, and items of the registry when the contract has forms."""

    def __init__(self, contract: Contract, book: ItemBook = NO_ITEMS) -> None:
        self.contract = contract
        self._columns = contract.columns_by_header
        self._book = book
        self._item_pattern = book.header_pattern(contract.items.prefixes) if contract.items else None
        self._ignored = [
            re.compile(unicodedata.normalize("NFC", pattern), re.IGNORECASE) for pattern in contract.ignored_headers
        ]

    def column(self, header: str) -> Column | None:
        """Returns the column with this header, which may be followed by a maximum: `Điểm tự chấm (40)`."""
        folded = normalise_header(header)
        plain = _MARKS.sub("", folded)
        return self._columns.get(folded) or self._columns.get(plain) or self._columns.get(_MAXIMUM.sub("", plain))

    def shown(self, header: str) -> str:
        """Returns a header as it may be shown: one that the contract declares, as it is written."""
        return header if self.column(header) else disclose(header, is_header=True)

    def items(self, header: str, form: Form | None = None) -> list[str]:
        """Returns the codes of the items that the header asks: one, unless forms have other codes for the question."""
        if self._item_pattern is None:
            return []
        return self._book.codes_of(_MARKS.sub("", normalise_header(header)), self._item_pattern, form)

    def is_read(self, code: str) -> bool:
        """Returns whether any form reads the answers of an item."""
        return code in self._book.read_codes

    def is_ignored(self, header: str) -> bool:
        """Returns whether the software adds the column and it says nothing."""
        folded = normalise_header(header)
        return any(pattern.fullmatch(folded) for pattern in self._ignored)

    def criterion(self, header: str) -> str | None:
        """Returns the code of the criterion that a column of a wide table is about; empty for an area of several."""
        return self._book.criteria.get(normalise_criterion(header)[0])

    def criteria_in(self, headers: Sequence[str]) -> dict[int, str]:
        """Returns the place and code of each header that is a criterion, or an area, and no column."""
        found = {at: self.criterion(header) for at, header in enumerate(headers) if not self.column(header)}
        return {at: code for at, code in found.items() if code is not None}

    def is_wide(self, headers: Sequence[str]) -> bool:
        """Returns whether the table has a row per agency and a column per criterion."""
        wide = self.contract.wide
        if wide is None or len(self.criteria_in(headers)) < _FEWEST:
            return False
        names = {column.name for header in headers if (column := self.column(header))}
        return wide.row in names and wide.maximum not in names

    def meanings(self, row: Sequence[str]) -> list[str | None]:
        """Returns the meaning of each cell of a row that may be a header.

        The code of a criterion is a header only in the row of a wide table: elsewhere 1.2 and 2 are codes and points.
        """
        is_wide = self.is_wide(row)
        return [
            meaning if is_wide or meaning is None or self.column(cell) or self.items(cell) else None
            for cell in row
            for meaning in [self.meaning(cell) if cell else None]
        ]

    def meaning(self, header: str) -> str | None:
        """Returns the name of the column, the code of the item or of the criterion; None for an unknown header."""
        column = self.column(header)
        return column.name if column else next(iter(self.items(header)), None) or self.criterion(header)


def normalise_criterion(header: str) -> tuple[str, str]:
    """Returns the folded name of a criterion, and the maximum that its header says: `Thể chế (tối đa 10 điểm)`."""
    folded = normalise_header(header)
    found = _CRITERION_MAXIMUM.search(folded)
    return (folded[: found.start()].strip(), found["maximum"]) if found else (folded, "")


def match_headers(
    headers: list[str],
    contract: Contract,
    book: ItemBook = NO_ITEMS,
    parts: Sequence[Part] = (),
    unread: Sequence[Unread] = (),
    path: str = "",
) -> HeaderMatch:
    """Matches headers by alias with diacritics; several columns with a pattern may read the cells of one header.

    Columns without a header are searched in the titles above each table, on the sheets that are not read, and in the
    path of the file below its source's folder.

    Raises HeaderError naming each missing or unknown column and the nearest header.
    """
    vocabulary = Vocabulary(contract, book)
    places: dict[str, int] = {}
    opposite = set()
    others = {}
    for position, header in enumerate(headers):
        column = vocabulary.column(header)
        if column is None:
            if header and not vocabulary.is_ignored(header):
                others[position] = header
            continue
        _claim(places, column.name, position, headers, vocabulary)
        if normalise_header(header) in map(normalise_header, column.opposite_headers):
            opposite.add(column.name)
    for column in contract.columns:
        if column.pattern and column.name not in places:
            named = set(map(normalise_header, column.headers))
            at = next((at for at, header in enumerate(headers) if normalise_header(header) in named), None)
            if at is not None:
                places[column.name] = at
    constants = {
        column.name: values
        for column in contract.columns
        if column.name not in places and (values := _find_constants(column, parts, unread, path))
    }
    elsewhere = {
        column.name: parts_of
        for column in contract.columns
        if column.name not in places and column.name not in constants and (parts_of := find_elsewhere(column, headers))
    }
    built = {
        column.name: names
        for column in contract.columns
        if column.name not in (known := {*places, *constants, *elsewhere})
        and (names := next((names for names in column.built_from if known.issuperset(names)), None))
    }
    items, unknown = _match_items(others, vocabulary, _only_form(contract, constants), headers)
    named = {*places, *constants, *elsewhere, *built}
    missing = [c for c in contract.columns if c.required and c.name not in named]
    if missing:
        raise HeaderError("; ".join(_explain(column, unknown) for column in missing))
    if unknown and contract.unknown_headers == "hold":
        raise HeaderError(_explain_unknown(unknown, contract))
    if contract.items and not items:
        raise HeaderError(
            "không có cột câu hỏi nào của các mẫu phiếu đã đăng ký (tiêu đề cột bắt đầu bằng mã câu hỏi); "
            "đề nghị kết xuất đủ các cột câu hỏi rồi gửi lại"
        )
    return HeaderMatch(places, unknown, items, constants, frozenset(opposite), elsewhere, built)


def _claim(places: dict[str, int], name: str, position: int, headers: Sequence[str], vocabulary: Vocabulary) -> None:
    """Raises HeaderError when another header has the name."""
    if name in places:
        first, second = (vocabulary.shown(headers[at]) for at in (places[name], position))
        raise HeaderError(f"hai cột «{first}» và «{second}» cùng là {name}; đề nghị bỏ bớt một cột")
    places[name] = position


def _match_items(
    others: Mapping[int, str], vocabulary: Vocabulary, form: Form | None, headers: Sequence[str]
) -> tuple[dict[str, int], list[str]]:
    """Returns the place of each item and the unknown headers.

    Survey tools export a question with several choices as a column per choice, `question/choice` beside `question` or
    `question[choice]`; no scale reads such a question.
    """
    items: dict[str, int] = {}
    unknown = []
    for position, header in others.items():
        question, slash, _ = header.rpartition("/")
        if slash and question in headers:
            continue
        codes = vocabulary.items(header, form)
        for code in codes:
            if vocabulary.is_read(code) or code not in items:
                _claim(items, code, position, headers, vocabulary)
        if not codes:
            unknown.append(header)
    return items, unknown


def _only_form(contract: Contract, constants: Mapping[str, Mapping[int, str]]) -> Form | None:
    """Returns the questionnaire and its version where the file says that all its forms are of one."""
    if contract.items is None:
        return None
    named = [set(constants.get(name, {}).values()) for name in (contract.items.questionnaire, contract.items.version)]
    if any(len(values) != 1 for values in named):
        return None
    questionnaire, version = (values.pop() for values in named)
    return questionnaire, version


def find_elsewhere(column: Column, headers: Sequence[str]) -> list[tuple[int, str]]:
    """Returns the places of other columns in whose cells the column's values stand, with the pattern of each."""
    folded = [_MARKS.sub("", normalise_header(header)) for header in headers]
    return [
        (folded.index(name), other.pattern)
        for other in column.elsewhere
        for name in map(normalise_header, other.headers)
        if name in folded
    ]


def _find_constants(column: Column, parts: Sequence[Part], unread: Sequence[Unread], path: str) -> dict[int, str]:
    """Returns the value that a title, the path or the contract gives to all rows, by the line from which it holds."""
    if column.title and (found := _find_titles(column, column.title, parts, unread)):
        return found
    in_path = re.search(unicodedata.normalize("NFC", column.path), tidy(path), re.IGNORECASE) if column.path else None
    value = in_path["value"].strip() if in_path else column.constant
    return {part.start: value for part in parts} if value else {}


def _find_titles(column: Column, title: str, parts: Sequence[Part], unread: Sequence[Unread]) -> dict[int, str]:
    """Returns the value of a column above each table, by the line from which it holds; none where no table has it.

    What stands once holds for all tables, as the year of a workbook; but a sheet that does not say its agency, where
    another does, may be about a third one.
    """
    own = {part.start: find_value(title, part.titles) for part in parts}
    for before, part in itertools.pairwise(parts):
        if part.continues and own[part.start] is None:
            own[part.start] = own[before.start]
    named = {start: value for start, value in own.items() if value}
    if not named:
        beside = {value for other in unread if (value := find_value(title, other.titles))}
        if len(beside) == 1:
            return dict.fromkeys(own, beside.pop())
        by_name = {part.start: part.name for part in parts}
        return by_name if column.type is ColumnType.AGENCY and len(parts) > 1 else {}
    silent = [part for part in parts if part.start not in named]
    if silent and (column.type is ColumnType.AGENCY or len(set(named.values())) > 1):
        raise HeaderError(
            f"{silent[0].place} không ghi «{column.shown_name}» ({column.name}) trên bảng như các trang khác: "
            "đề nghị ghi bổ sung ở từng trang rồi gửi lại"
        )
    return dict.fromkeys(own, next(iter(named.values()))) | named


def find_value(pattern: str, titles: Sequence[str]) -> str | None:
    """Returns the match of a lower-case pattern in the original letters of the file."""
    compiled = re.compile(unicodedata.normalize("NFC", pattern), re.IGNORECASE)
    found = (compiled.search(without_citations(tidy(title))) for title in titles)
    return next((match["value"].strip() for match in found if match), None)


def _explain(column: Column, unknown: list[str]) -> str:
    if not column.headers:
        return (
            f"thiếu «{column.shown_name}» ({column.name}) trong các dòng tiêu đề trên bảng: "
            "đề nghị ghi bổ sung rồi gửi lại"
        )
    near = _nearest(column.headers[0], unknown)
    hint = f"; tiêu đề gần nhất trong tệp là «{disclose(near, is_header=True)}»" if near else ""
    if column.title:
        return (
            f"thiếu «{column.headers[0]}» ({column.name}){hint}: đề nghị ghi ở các dòng tiêu đề trên bảng "
            f"(«{column.headers[0]}: …») hoặc thành một cột, rồi gửi lại"
        )
    return f"thiếu cột bắt buộc «{column.headers[0]}» ({column.name}){hint}: đề nghị sửa tiêu đề trong tệp rồi gửi lại"


def _explain_unknown(unknown: list[str], contract: Contract) -> str:
    known = [header for column in contract.columns for header in column.headers]
    near = {header: _nearest(header, known) for header in unknown}
    shown = {header: disclose(header, is_header=True) for header in unknown}
    named = (f"«{shown[header]}»" + (f" (gần nhất: «{near[header]}»)" if near[header] else "") for header in unknown)
    return (
        f"có cột mà nguồn {contract.source} không khai báo: {', '.join(named)}; đề nghị sửa tiêu đề hoặc bỏ cột rồi "
        "gửi lại, còn nếu mẫu biểu có cột mới thì báo cán bộ quản trị dữ liệu khai báo cột đó"
    )


def _nearest(wanted: str, candidates: list[str]) -> str | None:
    """Returns the candidate most similar to the wanted header, compared without diacritics, which often get lost."""
    plain = {_without_marks(candidate): candidate for candidate in candidates}
    close = difflib.get_close_matches(_without_marks(wanted), plain, n=1, cutoff=_ALIKE)
    return plain[close[0]] if close else None


def _without_marks(text: str) -> str:
    split = unicodedata.normalize("NFD", normalise_header(text).replace("đ", "d"))
    return "".join(letter for letter in split if not unicodedata.combining(letter))


@dataclass(frozen=True)
class FoundHeader:
    """The texts of the header by position, the index of its first row and of the row after it."""

    headers: list[str]
    first: int
    after: int


def find_header(rows: Sequence[Sequence[str]], vocabulary: Vocabulary) -> FoundHeader | None:
    """Returns the row, or pair of adjacent rows, with most known headers; one row wins over two.

    In a pair the name of a column is its lower cell, its upper cell or both, whichever is known; an empty upper cell
    belongs to the merged cell on its left.
    """
    known = [count_known(row, vocabulary) for row in rows]
    counted = [
        (count, FoundHeader(list(row), at, at + 1)) for at, (row, count) in enumerate(zip(rows, known, strict=True))
    ]
    for at in range(len(rows) - 1):
        if known[at] + known[at + 1]:
            joined = _join(rows[at], rows[at + 1], vocabulary)
            counted.append((count_known(joined, vocabulary), FoundHeader(joined, at, at + 2)))
    best = max(counted, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] >= _FEWEST else None


def count_known(row: Sequence[str], vocabulary: Vocabulary) -> int:
    """Counts the distinct columns and items that a row names."""
    return len({*vocabulary.meanings(row)} - {None})


def _join(upper: Sequence[str], lower: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    headers, above = [], ""
    for at in range(max(len(upper), len(lower))):
        own = upper[at] if at < len(upper) else ""
        below = lower[at] if at < len(lower) else ""
        above = own or above
        # A position with both cells empty is not a column.
        texts = [f"{above} {below}", below, own] if below else [own]
        headers.append(next((text for text in texts if text and vocabulary.meaning(text)), below or own))
    return headers
