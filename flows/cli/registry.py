"""`cchc registry`: whether the registry is sound, what it may lack, and what became of its corrections."""

from __future__ import annotations

import sys

import click

from flows.cli.console import OUT
from flows.failures import ExitCode
from warehouse.config import Settings


@click.group()
def registry() -> None:
    """Check and complete the province's registry.

    Agencies, procedures, criteria, policies: dated CSV files in the folder that CCHC_REGISTRY names.
    """


@registry.command("check")
def registry_check() -> None:
    """Check every table of the registry.

    Exit code 1 when a night would refuse it; each problem names file, line, column and value.
    """
    from ingest.registry.registry import check_registry

    folder = Settings().registry
    problems = check_registry(folder)
    for problem in problems:
        OUT.print(str(problem), soft_wrap=True, markup=False)
    if not problems:
        OUT.print(f"{folder} has no problem.", soft_wrap=True, markup=False)
    sys.exit(ExitCode.FAULT if problems else ExitCode.DONE)


@registry.command("suggest")
@click.argument("load_seq", type=int, required=False, metavar="[LOAD]")
def registry_suggest(load_seq: int | None) -> None:
    """Suggest aliases for unknown names of agencies.

    For rows of LOAD, or of all loads, that were set aside for their agency. Changes nothing.
    """
    from flows.cli.suggestions import show_suggestions, suggest_aliases

    settings = Settings()
    show_suggestions(OUT, suggest_aliases(settings.layout, settings.registry, load_seq))


@registry.command("corrections")
def corrections() -> None:
    """Show what became of each row of corrections.csv.

    Applied, stale or unused.
    """
    from flows.cli.correction_views import show_corrections

    show_corrections(OUT, Settings())
