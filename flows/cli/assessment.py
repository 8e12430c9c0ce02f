"""`cchc assessment`: workbooks that agencies fill in."""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.console import OUT
from warehouse.config import Settings


@click.group()
def assessment() -> None:
    """Write the workbooks in which agencies score themselves."""


@assessment.command("template")
@click.option("--agency", help="Of this agency only [all that are ranked in the year, in one zip file].")
@click.option("--year", type=int, required=True, help="The year that is assessed.")
@click.option("--to", type=click.Path(path_type=Path), default=Path(), help="The folder to write into [here].")
def template(agency: str | None, year: int, to: Path) -> None:
    """Write the empty self-assessment of an agency as XLSX.

    It has the criteria of the agency's set with their maxima, what does not apply and why, drop-downs and sums.
    """
    from ingest.templates.assessment import read_asked
    from ingest.templates.workbook import file_name, write_workbook, write_zip

    asked = read_asked(Settings().registry, year, agency)
    if agency is not None:
        target = to / file_name(asked[0])
        write_workbook(target, asked[0])
        OUT.print(f"{target}: {asked[0].agency_name}, {len(asked[0].leaves)} criteria")
    else:
        target = to / f"tu_cham_{year}.zip"
        OUT.print(f"{target}: {len(write_zip(target, asked))} workbooks")
