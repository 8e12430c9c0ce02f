"""Output of `cchc publications diff`: the differences of two publications on a terminal of 80 columns."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from warehouse.publication.compare import RANKING, STANDING, Comparison, Move
from warehouse.publication.diff import TableDiff

_LONGEST_VALUE = 20


def show_difference(console: Console, found: Comparison) -> None:
    """Prints the differences in loads, inputs, tables and the ranking."""
    console.print(f"from  {found.before.publication_id}, data until {found.before.as_of_date:%d/%m/%Y}")
    console.print(f"to    {found.after.publication_id}, data until {found.after.as_of_date:%d/%m/%Y}")
    _show_loads(console, found)
    _show_inputs(console, found)
    changed = {name: diff for name, diff in found.tables.items() if _has_difference(diff)}
    console.print(_tables(changed) if changed else "\nNo table differs.")
    if unchanged := len(found.tables) - len(changed):
        console.print(
            f"{unchanged} more without a difference; a row-level table is compared by its number of rows only"
        )
    for name, diff in found.tables.items():
        for what, columns in (("added", diff.columns_added), ("removed", diff.columns_removed)):
            if columns:
                console.print(f"{name}: columns {what}: {', '.join(columns)}", soft_wrap=True)
    largest = [
        (name, diff.largest_rank_move) for name, diff in found.tables.items() if diff.largest_rank_move is not None
    ]
    if largest:
        console.print("\nLargest rank moves")
        for name, move in largest:
            who = ", ".join(move.key.values())
            console.print(f"  {name} {move.column}: {who}  {move.before} → {move.after}", soft_wrap=False)
    if found.moves:
        console.print(_standing(found.moves))
    elif RANKING in found.tables:
        console.print(f"\nNo agency moved in {RANKING}.")


def _show_loads(console: Console, found: Comparison) -> None:
    if not found.loads:
        console.print("\nThe loads are the same.")
        return
    table = _table("load", "source", "file", "verdict", "accepted")
    table.title = "Deliveries added" if found.are_loads_new else "Deliveries removed"
    for load in found.loads:
        table.add_row(
            str(load.load_seq), load.source, load.original_name, load.verdict_status, f"{load.rows_accepted:,}"
        )
    console.print()
    console.print(table)


def _show_inputs(console: Console, found: Comparison) -> None:
    if found.inputs is None:
        console.print("\nOne of the two does not record its registry, rules and models.")
        return
    if not found.inputs:
        console.print("\nRegistry, contracts, rules, models and methods are the same.")
        return
    console.print("\nInputs that changed")
    for name, (before, after) in found.inputs.items():
        if before is None or after is None:
            change = "is new" if before is None else "is removed"
        elif len(before) > _LONGEST_VALUE:
            change = "changed"
        else:
            change = f"{before} → {after}"
        console.print(f"  {name} {change}")


def _has_difference(diff: TableDiff) -> bool:
    counts = (diff.added, diff.removed, diff.changed, diff.columns_added, diff.columns_removed)
    return diff.rows_before != diff.rows_after or any(counts)


def _tables(diffs: dict[str, TableDiff]) -> Table:
    table = _table("table", "before", "after", "added", "removed", "changed")
    table.title = "\nRows"
    for name, diff in diffs.items():
        counts = (diff.rows_before, diff.rows_after, diff.added, diff.removed, diff.changed)
        table.add_row(name, *("-" if count is None else f"{count:,}" for count in counts))
    return table


def _standing(moves: tuple[Move, ...]) -> Table:
    table = _table("year", "agency", *STANDING)
    table.title = f"\nAgencies that moved in {RANKING}"
    for move in moves:
        cells = [_change(move.before[name], move.after[name]) for name in STANDING]
        table.add_row(str(move.year), move.agency_id, *cells)
    return table


def _change(before: Any, after: Any) -> str:
    shown = [_value(before), _value(after)]
    return shown[0] if before == after else " → ".join(shown)


def _value(value: Any) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, (str, int)) else f"{value:.2f}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, title_justify="left")
    numbers = ("load", "accepted", "before", "after", "added", "removed", "changed")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table
