"""`cchc late` and `cchc dossier`: from a rate to the dossiers behind it, and from a dossier to its verdict."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from warehouse.config import Settings

OUT = Console(highlight=False)


@click.command()
@click.argument("agency")
@click.argument("period")
@click.option("--rows", default=20, show_default=True, help="How many dossiers to show.")
@click.option("--csv", "file", type=click.Path(path_type=Path), help="Write all of them to FILE.")
def late(agency: str, period: str, rows: int, file: Path | None) -> None:
    """The dossiers of AGENCY that fell due in PERIOD and were not on time, worst first.

    PERIOD is a month (2015-03), a year (2015) or a period of the registry (QUY1_2015). For the department: dossier by
    dossier, though without anything of an applicant.
    """
    from flows.late_view import show_late

    show_late(OUT, Settings(), agency, period, rows, file)


@click.command()
@click.argument("code")
def dossier(code: str) -> None:
    """How the verdict on dossier CODE came about: row, events, pauses, due dates, cohort.

    For the department; it shows nothing of the applicant.
    """
    from flows.dossier_view import show_dossier

    show_dossier(OUT, Settings(), code)
