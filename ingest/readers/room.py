"""Limits what a few bytes may become: spans, gaps and stray cells that would fill the memory of the machine."""

from __future__ import annotations

from ingest.readers.sheet import UnreadableError

# More columns than any form or log has, and more bytes of cells beside those that the file itself has.
MOST_COLUMNS = 2_000
_MOST_BYTES = 256 << 20
_CELL_BYTES = 16
_SPREAD = (
    "có ô gộp, ô lặp lại hoặc ô ghi ở rất xa bảng số liệu, khi mở ra sẽ thành hàng triệu ô; đề nghị bỏ gộp ô, xóa các "
    "dòng, cột thừa bên ngoài bảng rồi gửi lại"
)


class Room:
    """Counts the cells of a file that are repeated or empty, for all of its tables."""

    def __init__(self) -> None:
        self._left = _MOST_BYTES

    def take(self, cells: int, text: str = "") -> None:
        """Raises UnreadableError when cells with this text would be too many."""
        self._left -= cells * (_CELL_BYTES + len(text))
        if self._left < 0:
            raise UnreadableError(_SPREAD)


def refuse_many_columns(columns: int) -> None:
    """Raises UnreadableError for a table with more columns than can be meant."""
    if columns > MOST_COLUMNS:
        raise UnreadableError(
            f"bảng trải rộng {columns:,} cột, quá {MOST_COLUMNS:,}, thường vì có ô ghi ở rất xa; đề nghị xóa các cột "
            "thừa rồi gửi lại"
        )
