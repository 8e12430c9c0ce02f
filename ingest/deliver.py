"""Opens one delivery, matches its headers, conforms its rows and explains its bad rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.conform.conform import REJECTED, Batch, Conformer
from ingest.conform.explained import Cell
from ingest.contract import Column, ColumnType, Contract
from ingest.disclosure import disclose
from ingest.period import PeriodError, declared_period
from ingest.privacy import PseudonymKey
from ingest.readers.headers import HeaderError, HeaderMatch, Vocabulary, match_headers
from ingest.readers.read import Sheet, open_delivery
from ingest.registry.corrections import Correction
from ingest.registry.former import explain_former
from ingest.registry.items import UNMAPPED, load_book
from warehouse.engine import connect

BROKEN_LINE, NOT_PARSED, KEY_TAKEN, REPEATED = "ING-01", "ING-02", "ING-03", "ING-04"
STATEMENTS = {
    BROKEN_LINE: "Mỗi dòng đọc được và có đủ số ô như dòng tiêu đề.",
    NOT_PARSED: "Mỗi ô ghi đúng kiểu đã khai trong hợp đồng nguồn.",
    KEY_TAKEN: "Một mã chỉ thuộc một cơ quan và một ngày; tệp hoặc trang khác đã dùng mã này cho nơi hay ngày khác.",
    REPEATED: "Mỗi mã có một dòng trong tệp; nếu lặp lại, dòng có trạng thái mới nhất được lấy.",
}
# Every bad row has its line and codes; only this many have a detail, the archived file has the others.
MAX_EXPLAINED = 10_000
_QUARANTINE_SCHEMA = pa.schema(
    [
        ("line", pa.int64()),
        ("place", pa.string()),
        ("row_key", pa.string()),
        ("rule_codes", pa.string()),
        ("detail", pa.string()),
    ]
)


@dataclass(frozen=True)
class Limits:
    """Limits of DuckDB for one delivery; `spill` is a folder outside the landing."""

    spill: Path
    memory_limit: str
    threads: int


@dataclass(frozen=True)
class Conformed:
    """A delivery with typed rows before its judgement; `data_until` is None when the file declares no period.

    `data_from` is None too where only the last day is declared.
    """

    sheet: Sheet
    matched: HeaderMatch
    batch: Batch
    data_until: date | None
    data_from: date | None = None
    # Of the table, as they may be shown.
    headers: list[str] = field(default_factory=list)

    @property
    def ignored_headers(self) -> list[str]:
        """Headers that the contract does not declare, as they may be shown; their columns were not read."""
        return [disclose(header, is_header=True) for header in self.matched.unknown]


def conform_delivery(
    path: Path,
    name: str,
    contract: Contract,
    key: PseudonymKey,
    registry: Path,
    folder: Path,
    limits: Limits,
    corrections: Sequence[Correction] = (),
    delivered: date | None = None,
) -> Conformed:
    """Reads and types one archived file with the corrections of its source; the results are written below `folder`.

    `delivered` is the day on which it came: no period ends later.

    Raises UnreadableError (no table of this source) or HeaderError (a required column is missing); both messages are
    for the sender.
    """
    with connect(memory_limit=limits.memory_limit, threads=limits.threads, temp=limits.spill) as connection:
        book = load_book(registry, contract)
        try:
            sheet = open_delivery(connection, path, contract, book)
            matched = match_headers(sheet.headers, contract, book, sheet.parts, sheet.unread, name)
            beside = [title for other in sheet.unread for title in other.titles]
            period = declared_period(contract, name, [part.titles for part in sheet.parts], delivered, beside)
            until = period.last if period else None
            conformer = Conformer(connection, contract, key, registry, matched, book, until, corrections)
            batch = conformer.conform(sheet, folder)
        except (HeaderError, PeriodError) as error:
            error.rows = int(connection.execute("select count(*) from raw").fetchall()[0][0])
            raise
        vocabulary = Vocabulary(contract, book)
        headers = [vocabulary.shown(header) for header in sheet.headers if header]
        return Conformed(sheet, conformer.matched, batch, until, period.first if period else None, headers)


def write_quarantine(
    path: Path,
    contract: Contract,
    key: PseudonymKey,
    registry: Path,
    conformed: Conformed,
    critical: dict[int, str],
    concerns: Mapping[str, Collection[str]],
    target: Path,
    statements: Mapping[int, str] | None = None,
) -> int:
    """Writes the rows that were set aside as `line`, `place`, `row_key`, `rule_codes`, `detail`; returns how many.

    `place` is what a sender calls the line: the sheet, where the delivery has several, and the line on it.

    `critical` maps a line to the codes of the critical rules that it breaks, `statements` to their statements,
    `concerns` a code to the columns that the rule is about. `detail` shows the cells of those columns, the expected
    type of each unparsed cell, and each answer that is in no scale, as far as they may be shown (ingest/disclosure.py).
    """
    codes = dict(critical)
    codes.update(dict.fromkeys(conformed.batch.broken_lines, BROKEN_LINE))
    with connect() as connection:
        rejected = connection.execute(
            "select line from read_parquet(?) where outcome = ?", [str(conformed.batch.set_aside), REJECTED]
        ).fetchall()
        codes.update({int(line): NOT_PARSED for (line,) in rejected})
        book = load_book(registry, contract)
        open_delivery(connection, path, contract, book)
        conformer = Conformer(connection, contract, key, registry, conformed.matched, book)
        shown = sorted(set(codes) - set(conformed.batch.broken_lines))[:MAX_EXPLAINED]
        explained = conformer.explain(shown, conformed.batch.broken_lines) if shown else {}
        unmapped = _unmapped_cells(connection, conformed.batch, shown)
        rows = []
        for line in sorted(codes):
            row = explained.get(line, {})
            if line in conformed.batch.broken_lines:
                detail = conformed.batch.broken_lines[line]
            else:
                described = _describe(conformer, contract, row, codes[line], concerns)
                former = _former_agencies(registry, contract, row, codes[line], concerns, conformed.data_until)
                parts = [described, *former, *unmapped.get(line, []), (statements or {}).get(line)]
                detail = "; ".join(filter(None, parts))
            row_key = " · ".join(row[name].shown for name in contract.key if name in row)
            place = conformed.sheet.place_of(line)
            rows.append({"line": line, "place": place, "row_key": row_key, "rule_codes": codes[line], "detail": detail})
    pq.write_table(pa.Table.from_pylist(rows, schema=_QUARANTINE_SCHEMA), target, compression="zstd")
    return len(rows)


def _unmapped_cells(connection: duckdb.DuckDBPyConnection, batch: Batch, lines: list[int]) -> dict[int, list[str]]:
    """Returns the answers of each form that are in no scale."""
    if batch.items is None or not lines:
        return {}
    found = connection.execute(
        "select line, item_code, cell from read_parquet(?) where missing_reason = ? and list_contains(?, line)",
        [str(batch.items), UNMAPPED, lines],
    ).fetchall()
    cells: dict[int, list[str]] = {}
    for line, code, cell in found:
        cells.setdefault(int(line), []).append(f"cột «{code}» ghi «{disclose(cell)}»")
    return cells


def _describe(
    conformer: Conformer,
    contract: Contract,
    row: Mapping[str, Cell],
    codes: str,
    concerns: Mapping[str, Collection[str]],
) -> str:
    """Returns the cells that the row is set aside for; an empty cell is shown as empty."""
    if codes == NOT_PARSED:
        return "; ".join(
            f"cột «{column.shown_name}» ghi «{row[column.name].shown}», không phải {_kind(column)}"
            for column in conformer.unparsed(row)
        )
    named = {name for code in codes.split(";") for name in concerns.get(code, ())}
    return "; ".join(
        f"cột «{column.shown_name}» ghi «{row[column.name].shown}»"
        if column.name in row
        else f"cột «{column.shown_name}» để trống"
        for column in contract.columns
        if column.name in named
    )


def _kind(column: Column) -> str:
    if column.treatment == "drop":
        return "một ngày từ khi tiếp nhận đến ngày số liệu"
    return _KIND[column.type.value]


def _former_agencies(
    registry: Path,
    contract: Contract,
    row: Mapping[str, Cell],
    codes: str,
    concerns: Mapping[str, Collection[str]],
    until: date | None,
) -> list[str]:
    """What became of the agencies that the broken rules are about, where they were merged, split or renamed."""
    named = {name for code in codes.split(";") for name in concerns.get(code, ())}
    agencies = [c.name for c in contract.columns if c.type is ColumnType.AGENCY and c.name in named and c.name in row]
    return [said for name in agencies if (said := explain_former(registry, row[name].text, until))]


_KIND = {
    "text": "mã hoặc chữ (ô lỗi của Excel, hoặc số đã bị đổi thành dạng 2,01508E+11)",
    "timestamp": "ngày giờ (dd/mm/yyyy hh:mm)",
    "date": "ngày (dd/mm/yyyy)",
    "integer": "số nguyên",
    "decimal": "số có nhiều nhất 6 chữ số thập phân",
    "boolean": "giá trị có/không",
}
