"""Guesses whether a column of a sample is personal (domain §8) from its header words or its cells.

A missed personal column is worse than a false guess, so a doubtful column is proposed as personal for review.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.vietnamese.text import normalise_header

_WORDS = [
    ("phone", r"điện thoại|di động|\bsđt\b|\bđt\b|phone|hotline"),
    ("email", r"e-?mail|thư điện tử"),
    ("identity", r"giấy tờ|cccd|cmnd|cmt\b|căn cước|chứng minh|hộ chiếu|định danh"),
    ("address", r"địa chỉ|nơi ở|thường trú|tạm trú|chỗ ở"),
    (
        "official",
        r"cán bộ|công chức|chuyên viên|lãnh đạo|phụ trách|điều tra viên"
        r"|người (nhận|xử lý|thực hiện|tiếp nhận|giải quyết)",
    ),
    ("name", r"họ tên|họ và tên|họ, tên|chủ hồ sơ|\bngười\b|tên công dân|khách hàng"),
    ("free_text", r"ý kiến|nội dung|góp ý|phản ánh|kiến nghị|ghi chú|trích yếu|giải trình|nhận xét|mô tả|lý do"),
]
_LOOKS = [
    ("email", re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")),
    ("phone", re.compile(r"(0|\+?84)[\s.-]?[235789](?:[\s.-]?\d){8}")),
    ("identity", re.compile(r"\d{12}|\d{9}")),
    (
        "name",
        re.compile(
            r"(nguyễn|trần|lê|phạm|hoàng|huỳnh|phan|vũ|võ|đặng|bùi|đỗ|hồ|ngô|dương|lý|đinh|đoàn|trương|mai|cao)"
            r"( [^\W\d_]+){1,4}",
            re.IGNORECASE,
        ),
    ),
]
_FEWEST = 0.5
_NUMBER = re.compile(r"[\d.,%\s+-]+")


def guess_personal(header: str, cells: Sequence[str]) -> str | None:
    """Returns the class of personal data that a column probably contains; None without an indication.

    A header such as `Số người dân` above plain numbers counts people and names none.
    """
    for kind, pattern in _LOOKS:
        if cells and sum(pattern.fullmatch(cell) is not None for cell in cells) >= _FEWEST * len(cells):
            return kind
    are_numbers = bool(cells) and all(_NUMBER.fullmatch(cell) for cell in cells)
    folded = normalise_header(header)
    for kind, words in _WORDS:
        if re.search(words, folded) and not (are_numbers and kind not in ("phone", "identity")):
            return kind
    return None
