"""`cchc explain`: puts one agency's figure into words: what it is, where it comes from, how sure it is."""

from __future__ import annotations

from typing import Any

import click

from flows.cli.explain_ranking import ranking


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
