"""`cchc explain`: puts one agency's figure into words: what it is, where it comes from, how sure it is."""

from __future__ import annotations

import click

from flows.cli.console import OUT
from warehouse.config import Settings


@click.group()
def explain() -> None:
    """Explain one figure of an agency in words."""


@explain.command("satisfaction")
@click.argument("agency")
@click.option("--year", type=int, help="The survey year [the latest one of the agency].")
def satisfaction(agency: str, year: int | None) -> None:
    """Explain the satisfaction index of AGENCY (STP).

    The number, who was asked, how sure it is, what pulls it down, what changed.
    """
    from reports.satisfaction.view import show_satisfaction

    show_satisfaction(OUT, Settings(), agency, year)
