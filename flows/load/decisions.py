"""Decisions on single rows: a row released despite critical rules, a cell corrected by the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from pydantic.dataclasses import dataclass

from expectations.validate import Judgement
from ingest.disclosure import disclose
from ingest.registry.corrections import APPLIED
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.ledger import CorrectionResult
from warehouse.records import RECORD, read_record

# Among the marks of a landed row, beside the codes of the rules that it breaks.
RELEASED, CORRECTED = "released", "corrected"


@dataclass(frozen=True, config=RECORD)
class ReleasedRow:
    """A released line of a delivery: the rules that it breaks, the reason and the day of the decision."""

    load_id: str
    source: str
    original_name: str
    line: int
    rule_codes: str
    reason: str
    released_on: date


def path_of_release(home: Home, row: ReleasedRow) -> Path:
    """Returns the file of a decision in the ledger; a second one on the same line replaces the first."""
    return home.released_rows / f"{row.load_id}-{row.line}.json"


def released_lines(home: Home, load_id: str) -> list[int]:
    """Returns the released lines of a delivery."""
    paths = home.released_rows.glob(f"{load_id}-*.json")
    return sorted(read_record(ReleasedRow, path).line for path in paths)


def accept_released(lines: Sequence[int], judgement: Judgement) -> Judgement:
    """Returns the judgement without critical findings on released lines: they are accepted with a mark.

    The counts of rows that break each rule do not change.
    """
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


def corrected_lines(results: Sequence[CorrectionResult]) -> dict[int, str]:
    """Returns the corrections of each line of a file, for the detail of quarantined rows."""
    lines: dict[int, list[str]] = {}
    for one in results:
        for line in one.lines if one.status == APPLIED else ():
            lines.setdefault(line, []).append(
                f"«{one.column_name}» đã hiệu đính thành «{disclose(one.corrected_value, is_agency=True)}»"
            )
    return {line: "; ".join(parts) for line, parts in lines.items()}


def describe_corrections(results: Sequence[CorrectionResult]) -> str | None:
    """Returns the number of corrected cells of a file, as a sentence for the load's reason."""
    n_cells = sum(len(one.lines) for one in results if one.status == APPLIED)
    return f"hiệu đính {n_cells} ô theo sổ đăng ký (corrections.csv)" if n_cells else None


def mark_corrected(judgement: Judgement, results: Sequence[CorrectionResult]) -> Judgement:
    """Returns the judgement with a mark on every corrected line; no verdict changes."""
    lines = sorted(corrected_lines(results))
    if not lines:
        return judgement
    target = judgement.findings.with_name("findings-corrected.parquet")
    listed = ", ".join(map(str, lines))
    with connect() as connection:
        connection.execute(
            f"""
            copy (
                from (
                    select * replace (
                        case when line in ({listed}) then concat_ws(';', warning_codes, '{CORRECTED}')
                            else warning_codes end as warning_codes
                    ) from read_parquet($findings)
                    union all by name
                    select line, '{CORRECTED}' as warning_codes from (select unnest([{listed}])::bigint as line)
                    where line not in (select line from read_parquet($findings))
                ) order by line
            ) to $target (format parquet)
            """,
            {"findings": str(judgement.findings), "target": str(target)},
        ).fetchall()
    return replace(judgement, findings=target)


def critical_lines(judgement: Judgement) -> tuple[dict[int, str], dict[int, str]]:
    """Returns line -> rule codes and line -> rule statements of the rows that break a critical rule."""
    with connect() as connection:
        rows = connection.execute(
            "select line, critical_codes, detail from read_parquet(?) where critical_codes is not null",
            [str(judgement.findings)],
        ).fetchall()
    codes = {int(line): broken for line, broken, _ in rows}
    return codes, {int(line): detail for line, _, detail in rows if detail}
