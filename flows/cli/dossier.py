"""`cchc dossier`: lists the dossiers behind a rate and explains the verdict on one dossier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from flows.cli.console import OUT
from warehouse.config import Settings


class _ShowsACode(click.Group):
    """`cchc dossier CODE`, the call of version 0.1, is `cchc dossier show CODE`; version 0.3 no longer has it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[Any]]:
        """Returns the command that the first argument names, or `show` for a code."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["show", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_ShowsACode)
def dossier() -> None:
    """Explain a dossier's verdict; list late dossiers.

    For the department; no data of applicants is shown.
    """


@dossier.command("late")
@click.argument("agency")
@click.argument("period")
@click.option("--rows", default=20, show_default=True, help="Number of dossiers to show.")
@click.option("--csv", "file", type=click.Path(path_type=Path), help="Write all of them to FILE.")
def late(agency: str, period: str, rows: int, file: Path | None) -> None:
    """List the late dossiers of AGENCY in PERIOD.

    Those that fell due in PERIOD and were not on time, worst first. PERIOD is a month (2015-03), a year (2015) or a
    period of the registry (QUY1_2015).
    """
    from reports.dossiers.late_view import show_late

    show_late(OUT, Settings(), agency, period, rows, file)


@dossier.command("show")
@click.argument("code")
def show(code: str) -> None:
    """Explain the verdict on dossier CODE.

    Its delivered row, events, pauses, due dates and cohort.
    """
    from reports.dossiers.view import show_dossier

    show_dossier(OUT, Settings(), code)
