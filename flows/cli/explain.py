"""`cchc explain`: puts one agency's figure into words: what it is, where it comes from, how sure it is."""

from __future__ import annotations

from typing import Any

import click

from flows.cli.console import OUT
from flows.cli.explain_ranking import ranking
from warehouse.config import Settings


class _ExplainsTheRanking(click.Group):
    """`cchc explain STP` is `cchc explain ranking STP`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[Any]]:
        """Returns the command that the first argument names, or `ranking` for an agency."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["ranking", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_ExplainsTheRanking)
def explain() -> None:
    """Explain one figure of an agency in words.

    `cchc explain STP` explains its place in the CCHC ranking.
    """


explain.add_command(ranking)


@explain.command("satisfaction")
@click.argument("agency")
@click.option("--year", type=int, help="The survey year [the latest one of the agency].")
def satisfaction(agency: str, year: int | None) -> None:
    """Explain the satisfaction index of AGENCY (STP).

    The number, who was asked, how sure it is, what pulls it down, what changed.
    """
    from reports.satisfaction.view import show_satisfaction

    show_satisfaction(OUT, Settings(), agency, year)
