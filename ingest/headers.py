"""The headers of a file -> the columns of its contract, or the sentence that tells the sender what is wrong."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass

from ingest.contract import Contract
from ingest.text import normalise_header


class HeaderError(ValueError):
    """A required column is missing or one column stands twice: the whole delivery, with its `rows`, is held."""

    rows = 0


@dataclass(frozen=True)
class HeaderMatch:
    """Position of every found column, and headers that no column of the contract knows (never read)."""

    positions: dict[str, int]
    unknown: list[str]


def match_headers(headers: list[str], contract: Contract) -> HeaderMatch:
    """Match by alias, diacritics kept; raises HeaderError naming each missing column and the nearest header."""
    by_alias = {normalise_header(alias): column.name for column in contract.columns for alias in column.headers}
    positions: dict[str, int] = {}
    unknown = []
    for position, header in enumerate(headers):
        name = by_alias.get(normalise_header(header))
        if name is None:
            if header:
                unknown.append(header)
        elif name in positions:
            raise HeaderError(
                f"hai cột «{headers[positions[name]]}» và «{header}» cùng là {name}; đề nghị bỏ bớt một cột"
            )
        else:
            positions[name] = position
    missing = [column for column in contract.columns if column.required and column.name not in positions]
    if missing:
        raise HeaderError("; ".join(_explain(column.headers[0], column.name, unknown) for column in missing))
    return HeaderMatch(positions, unknown)


def _explain(wanted: str, name: str, unknown: list[str]) -> str:
    near = _nearest(wanted, unknown)
    hint = f"; tiêu đề gần nhất trong tệp là «{near}»" if near else ""
    return f"thiếu cột bắt buộc «{wanted}» ({name}){hint}: đề nghị sửa tiêu đề trong tệp rồi gửi lại"


def _nearest(wanted: str, candidates: list[str]) -> str | None:
    """The candidate most like the wanted header, compared without diacritics: they are what gets lost."""
    plain = {_without_marks(candidate): candidate for candidate in candidates}
    close = difflib.get_close_matches(_without_marks(wanted), plain, n=1, cutoff=0.5)
    return plain[close[0]] if close else None


def _without_marks(text: str) -> str:
    split = unicodedata.normalize("NFD", normalise_header(text).replace("đ", "d"))
    return "".join(letter for letter in split if not unicodedata.combining(letter))
