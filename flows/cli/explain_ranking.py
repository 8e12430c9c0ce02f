"""`cchc explain ranking`: why an agency stands where it stands in the CCHC ranking."""

from __future__ import annotations

import click

from flows.cli.console import OUT
from warehouse.config import Settings


@click.command("ranking")
@click.argument("agency")
@click.option("--year", type=int, help="The year that is assessed [the latest one with an index].")
def ranking(agency: str, year: int | None) -> None:
    """Explain the CCHC index of AGENCY (STP).

    What it earned, lost and was excused from, what separates it from the next rating, how sure its rank is, and what
    other rules would say.
    """
    from reports.ranking.view import show_ranking

    show_ranking(OUT, Settings(), agency, year)
