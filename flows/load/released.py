"""Rows that were accepted by decision although they break a critical rule: one record each in the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from pydantic.dataclasses import dataclass

from expectations.validate import Judgement
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.records import RECORD, read_record, write_record

# Among the marks of a landed row, beside the codes of the rules that it breaks.
RELEASED = "released"


@dataclass(frozen=True, config=RECORD)
class ReleasedRow:
    """A line of delivered bytes, the rules that it breaks, and why and on which day it was accepted."""

    load_id: str
    source: str
    original_name: str
    line: int
    rule_codes: str
    reason: str
    released_on: date


def record_release(home: Home, row: ReleasedRow) -> Path:
    """Write the decision into the ledger; a second one on the same line replaces the first."""
    path = home.released_rows / f"{row.load_id}-{row.line}.json"
    write_record(path, row)
    return path


def released_lines(home: Home, load_id: str) -> list[int]:
    """The lines of a delivery that were accepted by decision."""
    paths = home.released_rows.glob(f"{load_id}-*.json")
    return sorted(read_record(ReleasedRow, path).line for path in paths)


def accept_released(home: Home, load_id: str, judgement: Judgement) -> Judgement:
    """The judgement without the critical findings on released lines: they are marked, and no longer set aside.

    How many rows break each rule stays as it was measured.
    """
    lines = released_lines(home, load_id)
    if not lines:
        return judgement
    target = judgement.findings.with_name("findings-released.parquet")
    is_released = f"line in ({', '.join(map(str, lines))}) and critical_codes is not null"
    with connect() as connection:
        connection.execute(
            f"""
            copy (
                select * replace (
                    case when {is_released} then null else critical_codes end as critical_codes,
                    case when {is_released} then concat_ws(';', warning_codes, critical_codes, '{RELEASED}')
                        else warning_codes end as warning_codes
                ) from read_parquet($findings) order by line
            ) to $target (format parquet)
            """,
            {"findings": str(judgement.findings), "target": str(target)},
        ).fetchall()
        counted = connection.execute("select count(critical_codes) from read_parquet(?)", [str(target)]).fetchall()
    return replace(judgement, findings=target, n_critical=int(counted[0][0]))
