"""Prints the tables of the bench: costs and coverage, one line per case, the targets, and those that were missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from bench.measure import Cost

# The methods whose coverage is measured, in the order of their columns.
COVERED = ("t", "wilson", "korn_graubard", "rank sets")


@dataclass
class Findings:
    """The lines of both tables, the targets as text, and the targets that were missed."""

    lines: list[tuple[str, ...]] = field(default_factory=list)
    coverage: list[tuple[str, ...]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, case: str, cost: Cost, cpu: float | None = None, floor: float | None = None) -> float:
        """Adds a line with `cpu` seconds (by default those of the command) beside the floor's; returns the ratio."""
        spent = cost.cpu if cpu is None else cpu
        ratio = spent / floor if floor else 0.0
        beside = (f"{floor:.1f}", f"{ratio:.2f}") if floor else ("", "")
        self.lines.append((case, f"{spent:.1f}", *beside, f"{cost.wall:.1f}", f"{cost.memory_gb:.2f}"))
        return ratio

    def expect(self, what: str, value: float, most: float, unit: str) -> None:
        """Adds a target and records whether `value` meets it."""
        self.targets.append(f"{what}: at most {most:g} {unit}")
        if value > most:
            self.missed.append(f"{what}: {value:.2f} {unit}, at most {most:g}")

    def cover(self, case: str, found: Mapping[str, float]) -> None:
        """Adds a line of coverage, in per cent, by method."""
        self.coverage.append((case, *(f"{found[name]:.2f}" if name in found else "" for name in COVERED)))

    def expect_within(self, what: str, value: float, least: float, most: float, unit: str) -> None:
        """Adds a target with two ends and records whether `value` meets it."""
        self.targets.append(f"{what}: {least:g} to {most:g} {unit}")
        if not least <= value <= most:
            self.missed.append(f"{what}: {value:.2f} {unit}, {least:g} to {most:g} expected")

    def show(self, console: Console) -> None:
        """Prints the tables, the targets, and the targets that were missed."""
        costs = ("case", "CPU s", "floor CPU s", "ratio", "wall s", "peak GB")
        for names, lines in ((costs, self.lines), (("coverage %", *COVERED), self.coverage)):
            if lines:
                table = Table(box=None, pad_edge=False)
                for name in names:
                    table.add_column(name, justify="left" if name == names[0] else "right", no_wrap=True)
                for line in lines:
                    table.add_row(*line)
                console.print(table)
        console.print("targets: " + "; ".join(self.targets), soft_wrap=True)
        for fault in self.missed:
            console.print(f"missed: {fault}")
