"""Rows of which a correction of the registry replaced a cell: they say so among their marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from expectations.validate import Judgement
from ingest.registry.corrections import APPLIED
from warehouse.engine import connect
from warehouse.ledger import CorrectionResult

# Among the marks of a landed row, beside the codes of the rules that it breaks.
CORRECTED = "corrected"


def corrected_lines(results: Sequence[CorrectionResult]) -> dict[int, str]:
    """What was corrected in each line of a file, for whoever looks at a row that was set aside all the same."""
    lines: dict[int, list[str]] = {}
    for one in results:
        for line in one.lines if one.status == APPLIED else ():
            lines.setdefault(line, []).append(f"«{one.column_name}» đã hiệu đính thành «{one.corrected_value}»")
    return {line: "; ".join(said) for line, said in lines.items()}


def describe_corrections(results: Sequence[CorrectionResult]) -> str | None:
    """How many cells of a file were corrected, as the load's reason tells it."""
    n_cells = sum(len(one.lines) for one in results if one.status == APPLIED)
    return f"hiệu đính {n_cells} ô theo sổ đăng ký (corrections.csv)" if n_cells else None


def mark_corrected(judgement: Judgement, results: Sequence[CorrectionResult]) -> Judgement:
    """The judgement with a mark on every corrected line; no verdict changes."""
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
