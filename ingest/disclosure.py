"""What of a delivery is shown outside the archive: one function decides, for cells, headers, titles and names of files.

Names and addresses cannot be recognised. So a text is shown only when it is known not to be personal: a value of the
declared type or of a closed list, a date or number, a code, words of layout. Of anything else only the length is shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ingest.privacy import MASK, begins_as_office, looks_like_person, scrub
from ingest.vietnamese.text import normalise_name

# A citizen number has 12 digits or 9, a telephone number 10 or 11.
_MOST_DIGITS = 8
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}([-/.])\d{1,2}\1\d{2,4}|\d{4}([-/.])\d{1,2}\2\d{1,2})(?!\d)")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[ .,'\u00a0-](?=\d)")
_NUMERIC = re.compile(r"[\d\s.,:;/%+()'-]*\d[\d\s.,:;/%+()'-]*")
_DIGITS = re.compile(r"\d+")
# Words that sheets, tables and notes are called by; no name of a person is made of them.
_LAYOUT = re.compile(
    r"(?:(?:bảng(?: tổng hợp)?|biểu(?: mẫu)?|bìa|chi tiết|danh mục|danh sách|dữ liệu|ghi chú|hướng dẫn|kết quả"
    r"|mẫu(?: biểu)?|năm|nay|này|phụ lục|phiếu|quý|số liệu|tháng|tổng hợp|tổng cộng|trang|trang tính|trước|tự chấm"
    r"|thẩm định|điểm|sheet|table|data|lần|kỳ|từ|đến|ngày|và|[ivx]+|[a-z]?\d{1,4}(?:[.,]\d{1,4})?)(?:[\s()/_.:-]+|$))+"
)
_ADDRESS = re.compile(
    r"(?i:\b(?:số nhà|số|đường|phố|hẻm|ngõ|ngách|thôn|ấp|xóm|tổ|tdp|tổ dân phố|khu phố|phường|xã|thị trấn|khóm"
    r"|buôn))\s+(\w)"
)
# Those of the most frequent surnames that are no other word.
_SURNAME = re.compile(
    r"\b(?:nguyễn|nguyen|trần|tran|phạm|pham|huỳnh|huynh|hoàng|phan|võ|vũ|đặng|bùi|ngô|đinh|trịnh|lê)\s+\w",
    re.IGNORECASE,
)
_NUMBER_FIRST = re.compile(r"^[\d\s/.,-]+")
_open: ContextVar[bool] = ContextVar("shown to the sender himself", default=False)


def disclose(text: str, *, is_known: bool = False, is_agency: bool = False, is_header: bool = False) -> str:
    """Returns the text if it may be shown, else a mask with its length; numbers of persons are masked in any text.

    `is_known`: the caller found the text to be a value of its type in a column that is not personal, or in a closed
    list. `is_agency`: the name of an office is shown, because an operator adds it to the aliases. `is_header`: a header
    that no contract knows is shown unless it looks like a person or an address.
    """
    plain = unicodedata.normalize("NFC", text).strip()
    may_show = (
        (is_known and not _is_long_number(plain))
        or (is_agency and _is_office(plain))
        or (is_header and _is_label(plain))
        or _is_harmless(plain)
    )
    return scrub(text) if may_show or _open.get() else masked(text)


def masked(text: str) -> str:
    """Returns what is shown instead of a text."""
    return f"{MASK} ({len(unicodedata.normalize('NFC', text))} ký tự)"


def disclose_file(name: str) -> str:
    """Returns the path of a delivered file with each part that is neither a code nor words of layout masked."""
    return "/".join(part and _disclose_part(part) for part in name.split("/"))


@contextmanager
def shown_to_sender() -> Iterator[None]:
    """Within the block all texts are shown but for numbers of persons: the reader has the file itself before him."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


def _disclose_part(part: str) -> str:
    stem, dot, ending = part.rpartition(".")
    if not dot or len(ending) > 4 or not ending.isalnum():
        return disclose(part)
    return f"{disclose(stem)}.{ending}"


def _is_harmless(text: str) -> bool:
    """Returns whether a text is a date, a short number, a code or words of layout."""
    if _NUMERIC.fullmatch(text):
        return not _is_long_number(text)
    has_form_of_code = text.isascii() and not re.search(r"\s", text) and re.search(r"\d", text) and scrub(text) == text
    return bool(has_form_of_code) or len(text) < 2 or _LAYOUT.fullmatch(normalise_name(text)) is not None


def _is_long_number(text: str) -> bool:
    """Returns whether a number has as many digits as that of a person or a telephone, also in groups."""
    if not _NUMERIC.fullmatch(text):
        return False
    joined = _BETWEEN_DIGITS.sub("", _DATE.sub("/", text))
    return any(len(run) > _MOST_DIGITS for run in _DIGITS.findall(joined))


def _is_office(text: str) -> bool:
    """Returns whether a text begins as an office does and no part of it looks like a person."""
    parts = [part.strip() for part in re.split(r"[,;:()]", text)]
    return begins_as_office(text) and not any(looks_like_person(part) for part in parts[1:])


def _is_label(text: str) -> bool:
    """Returns whether a text neither has a number of a person nor looks like a person or an address."""
    is_person = looks_like_person(_NUMBER_FIRST.sub("", text)) or _SURNAME.search(text)
    return scrub(text) == text and not is_person and not _has_address(text)


def _has_address(text: str) -> bool:
    """Returns whether a number or a name stands behind a word of addresses."""
    return any(found[1].isdigit() or found[1].isupper() for found in _ADDRESS.finditer(text))
