"""The result of every reader: one text column per cell position, and the line of each row."""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.contract import Contract
from ingest.disclosure import disclose


class UnreadableError(ValueError):
    """The bytes are not a file of this source; the message tells the sender what to do."""


class EmptyError(UnreadableError):
    """The file has no visible content; the message tells the sender what to do."""


# The lines of the second table of a delivery begin here, those of the third at twice that; no sheet has so many rows.
LINES_PER_TABLE = 10_000_000


@dataclass(frozen=True)
class Part:
    """One table of a delivery that was read.

    `start` is the line before its first, `kind` and `name` are what the sender calls it, `titles` the texts above it:
    cells, and whole rows. `continues`: it is the next page of the table before it, whose titles hold for it too.
    `column` is the header of a column of a wide table that became a table of its own.
    """

    titles: list[str]
    start: int = 0
    kind: str = ""
    name: str = ""
    continues: bool = False
    rows: int = 0
    column: str = ""

    @property
    def place(self) -> str:
        """What messages call the table; empty where the delivery has only one."""
        places = [place_of_table(self.kind, self.name)] if self.name else []
        return ", ".join([*places, *([f"cột «{self.column}»"] if self.column else [])])


@dataclass(frozen=True)
class Unread:
    """One table or sheet of a delivery that was not read, with its filled rows, and the texts that stand on it.

    `place` is what messages call it.
    """

    place: str
    rows: int
    reason: str
    titles: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """An opened delivery: view or table `raw` of the connection has c0, c1, … (text) and `line`.

    `headers` are the texts of the header row by position, `parts` the tables that were read below each other.
    `is_csv`: DuckDB splits the file itself and lists the lines that it cannot split in its table `reject_errors`.
    `broken_lines`: lines that the pipeline could not split -> reason; `line` of `raw` does not count them.
    `text`: the file and delimiter when `raw` reads the file again for every query; None when it is in memory.
    """

    headers: list[str]
    parts: list[Part]
    encoding: str | None
    is_csv: bool = False
    broken_lines: dict[int, str] = field(default_factory=dict)
    text: tuple[Path, str] | None = None
    unread: list[Unread] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        """The texts above all tables that were read."""
        return [title for part in self.parts for title in part.titles]

    def place_of(self, line: int) -> str:
        """What a sender calls a line of the delivery: the table, where there are several, and the line in it."""
        part = next(part for part in reversed(self.parts) if line > part.start or part is self.parts[0])
        return f"{part.place}, dòng {line - part.start}" if part.place else f"dòng {line}"


def place_of_table(kind: str, name: str) -> str:
    """Returns what messages call a table, as far as its name may be shown."""
    return f"{kind} «{disclose(name)}»"


def spill_of(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """Returns DuckDB's spill folder, where large intermediate files belong; None where there is none yet."""
    spill = Path(connection.execute("select current_setting('temp_directory')").fetchall()[0][0])
    return spill if spill.is_dir() else None


def register_rows(
    connection: duckdb.DuckDBPyConnection, cells: pa.Table, lines: Sequence[int] | pa.ChunkedArray
) -> None:
    """Defines `raw` from the non-empty rows, each with its line."""
    names = [f"c{at}" for at in range(cells.num_columns)]
    numbers = lines if isinstance(lines, pa.ChunkedArray) else pa.array(lines, pa.int64())
    body = cells.rename_columns(names).append_column("line", numbers)
    connection.register("workbook", body)
    filled = " or ".join(f"{name} is not null" for name in names)
    connection.execute(f"create or replace view raw as select * from workbook where {filled}")


def no_header(contract: Contract, advice: str = "") -> UnreadableError:
    """Returns the error for a file in which no row names enough of the contract's columns."""
    return UnreadableError(
        f"không tìm thấy dòng tiêu đề của «{contract.title_vi}» trong {contract.files.header_search_rows} dòng "
        f"đầu; tệp không phải bảng tính của nguồn này hoặc đã mất dòng tiêu đề{advice}"
    )


def titles_of(rows: list[list[str]]) -> list[str]:
    """Returns each cell above the table, and each row as one text: a label and its value may be in two cells."""
    titles = []
    for row in rows:
        cells = list(dict.fromkeys(cell for cell in row if cell))
        titles += cells
        if len(cells) > 1:
            titles.append(" ".join(cells))
    return titles


def texts_of(cells: Any) -> list[str]:
    """Returns the trimmed texts of one row; an empty cell is an empty text."""
    return ["" if cell is None else str(cell).strip() for cell in cells]


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@contextmanager
def refuse_broken(reason: str) -> Iterator[None]:
    """Turns exceptions caused by broken bytes into UnreadableError with `reason`; others, like a full disk, pass."""
    try:
        yield
    except UnreadableError:
        raise
    except _BROKEN as error:
        raise UnreadableError(reason) from error
    except OSError as error:
        # gzip and bzip2 set no errno; an offset before the start of the file is an invalid argument.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise UnreadableError(reason) from error
