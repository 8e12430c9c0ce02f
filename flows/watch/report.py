"""The summary of a night: on the terminal, and as a Prefect artifact.

Counts and rules only, never a value of a row; the names of files on the terminal alone.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console, Group
from rich.table import Table

from flows.steps import NightReport
from warehouse.ledger import LoadRecord
from warehouse.templates import render_text

TEMPLATE = Path(__file__).parent / "templates" / "night.md.j2"

_COUNTS = {
    "rows_read": "read",
    "rows_accepted": "accepted",
    "rows_quarantined": "aside",
    "rows_duplicate": "repeated",
    "rows_excluded": "excluded",
    "rows_held": "held",
}


# Above this number of files the summary has one row per source instead of one per file.
_FILES_SHOWN = 30


def night_table(report: NightReport) -> Group:
    """Returns the summary for a terminal of 80 columns."""
    loads = report.night.loads
    parts: list[object] = [_loads_table(loads)] if loads else ["No new deliveries."]
    if len(loads) > _FILES_SHOWN:
        parts = [_sources_table(loads)]
        if waiting := [load for load in loads if load.needs_attention]:
            parts.append(_loads_table(waiting, title="Of these, the following need attention"))
    parts += [f"  {load.original_name}: {load.reason}" for load in report.night.loads if _is_notable(load)]
    parts += [f"  warning: {warning}" for warning in report.warnings]
    if any(load.rows_quarantined for load in report.night.loads):
        parts.append("List the rows set aside: cchc quarantine list")
    if report.publication is None:
        parts.append(report.decision.reason)
        if report.decision.publication_id:
            parts.append(f"publication {report.decision.publication_id}")
    else:
        parts.append(_published_tables(report))
    return Group(*parts)  # type: ignore[arg-type]


def _sources_table(loads: list[LoadRecord]) -> Table:
    """Returns a table with one row per source."""
    table, occurred = _counting_table("Deliveries of this night", ["source", "files", "accepted files"], loads)
    for source in dict.fromkeys(load.source for load in loads):
        mine = [load for load in loads if load.source == source]
        n_accepted = sum(load.verdict_status == "accepted" for load in mine)
        counts = [f"{sum(getattr(load, name) for load in mine):,}" for name in occurred]
        table.add_row(source, f"{len(mine):,}", f"{n_accepted:,}", *counts)
    return table


def _counting_table(title: str, begins: list[str], loads: list[LoadRecord]) -> tuple[Table, list[str]]:
    """Returns a table with a column for every kind of row that occurred in the loads, and these kinds."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in begins:
        table.add_column(name, overflow="fold")
    occurred = [name for name in _COUNTS if any(getattr(load, name) for load in loads)]
    for name in occurred:
        table.add_column(_COUNTS[name], justify="right", no_wrap=True)
    return table, occurred


def _loads_table(loads: list[LoadRecord], title: str = "Deliveries of this night") -> Table:
    """Returns a table with one row per delivery."""
    table, occurred = _counting_table(title, ["file", "verdict"], loads)
    for load in loads:
        counts = [f"{getattr(load, name):,}" for name in occurred]
        table.add_row(load.original_name, load.verdict_status, *counts, style="bold" if load.needs_attention else "")
    return table


def print_night(console: Console, report: NightReport) -> None:
    """Prints the summary."""
    console.print()
    console.print(night_table(report))


def night_markdown(report: NightReport) -> str:
    """Returns the summary as markdown, for a Prefect artifact."""
    night = report.night
    failed = [(load, rule) for load in night.loads for rule in load.rules if not rule.is_passed]
    return render_text(TEMPLATE, report=report, night=night, counts=_COUNTS, failed=failed)


def _published_tables(report: NightReport) -> Table:
    assert report.publication is not None
    tables = Table(
        title=f"Published {report.publication.publication_id}", title_justify="left", box=None, pad_edge=False
    )
    tables.add_column("table")
    tables.add_column("rows", justify="right")
    tables.add_column("before", justify="right")
    for entry in report.publication.tables:
        before = entry.diff.rows_before
        tables.add_row(entry.full_name, f"{entry.rows:,}", "-" if before is None else f"{before:,}")
    return tables


def _is_notable(load: LoadRecord) -> bool:
    is_notable = load.verdict_status != "accepted" or load.changes is not None or bool(load.corrections)
    return load.reason is not None and is_notable
