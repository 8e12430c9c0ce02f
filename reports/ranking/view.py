"""Output of `cchc explain ranking`: the explanation of one agency's place, in the width of the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.ranking.standing import NothingToExplainError, Standing, read_standing
from reports.ranking.words import explain
from warehouse.config import Settings
from warehouse.publication.publications import current_publication


def show_ranking(console: Console, settings: Settings, agency_id: str, year: int | None) -> None:
    """Prints why an agency stands where it stands. Raises NothingToExplainError when nothing is published about it."""
    if current_publication(settings.layout) is None:
        raise NothingToExplainError("nothing is published yet: run cchc nightly first")
    print_standing(console, read_standing(settings.layout, agency_id, year))


def print_standing(console: Console, standing: Standing) -> None:
    """Prints the sections of the explanation."""
    row = standing.ranking
    console.print(Text.assemble((row["name"], "bold"), f"  Chỉ số CCHC năm {row['year']}"))
    for section in explain(standing):
        table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 0))
        table.add_column(width=16, overflow="fold")
        table.add_column(overflow="fold")
        for name, text in section.lines:
            table.add_row(Text(name), Text(text))
        console.print(f"\n{section.title}")
        console.print(table)
