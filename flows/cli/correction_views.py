"""Shows the status of each correction of the registry on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rich.console import Console

from flows.load.corrections import is_reached, read_reached
from ingest.registry.corrections import APPLIED, FIXED, STALE, Correction, read_corrections
from warehouse.config import Settings
from warehouse.ledger import CorrectionResult, Ledger, LoadRecord

UNUSED, PENDING, EXPIRED = "unused", "pending", "expired"
# The records of loads store this status as `mended`.
_SHOWN = {FIXED: "fixed"}
_ADVICE = {
    APPLIED: "the file has the expected value, and the corrected one is used",
    STALE: "the file has neither value: nothing was changed, check the correction",
    "fixed": "the file has the corrected value: remove the correction",
    UNUSED: "no delivery has this key",
    PENDING: "new or changed: the next night applies it",
    EXPIRED: "the archive of the file has expired: the row stays unchanged until it is sent again",
}


@dataclass(frozen=True)
class CorrectionState:
    """One row of corrections.csv and its status in the delivery of the latest data date that has its key."""

    line: int
    correction: Correction
    status: str
    load: LoadRecord | None = None
    lines: Sequence[int] = ()


def correction_states(settings: Settings) -> list[CorrectionState]:
    """Returns the state of every correction, in the order of the file."""
    rows = read_corrections(settings.registry)
    if not rows:
        return []
    loads = [load for load in Ledger(settings.layout).loads() if load.superseded_by is None and load.corrections]
    loads.sort(key=lambda load: (load.data_until or date.min, load.arrival_seq))
    found: dict[tuple[str, ...], tuple[LoadRecord, CorrectionResult]] = {
        (load.source, *one.identity): (load, one) for load in loads for one in load.corrections
    }
    reached = read_reached(settings.layout)
    expired = {(source, *one.identity) for source, state in reached.items() for one in state.out_of_reach}
    by_source: dict[str, list[Correction]] = {}
    for _, one in rows:
        by_source.setdefault(one.source, []).append(one)
    pending = {source for source, listed in by_source.items() if not is_reached(reached, source, listed)}
    states = []
    for line, one in rows:
        identity = (one.source, *one.result("", ()).identity)
        if identity in found:
            load, result = found[identity]
            states.append(CorrectionState(line, one, _SHOWN.get(result.status, result.status), load, result.lines))
        else:
            status = EXPIRED if identity in expired else PENDING if one.source in pending else UNUSED
            states.append(CorrectionState(line, one, status))
    return states


def show_corrections(console: Console, settings: Settings) -> None:
    """Prints each correction: its line, both values, its status and what to do."""
    states = correction_states(settings)
    if not states:
        console.print("The registry has no correction.")
    for state in states:
        one = state.correction
        lines = [
            f"corrections.csv, line {state.line}: {state.status}",
            f"  {one.source}  {one.row_key}  {one.column_name}: «{one.expected_value}» → «{one.corrected_value}»",
            f"  {one.reason} ({one.reporter}, {one.corrected_date})",
        ]
        if state.load:
            where = ", ".join(map(str, state.lines))
            lines.append(f"  load {state.load.load_seq}  {state.load.original_name}, line {where}")
        lines.append(f"  {_ADVICE[state.status]}")
        for line in lines:
            console.print(line, soft_wrap=True)


def count_corrections(settings: Settings) -> str | None:
    """Returns the number of corrections by status; None when the registry has none."""
    counts = Counter(state.status for state in correction_states(settings))
    return ", ".join(f"{n} {status}" for status, n in sorted(counts.items())) or None
