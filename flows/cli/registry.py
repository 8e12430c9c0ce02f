"""`cchc registry`: checks the registry, suggests aliases and shows the status of corrections."""

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

    Exit code 1 when a night would not run with it; each problem names file, line, column and value.
    """
    from ingest.registry.registry import check_registry

    folder = Settings().registry
    problems = check_registry(folder)
    for problem in problems:
        OUT.print(str(problem), soft_wrap=True)
    if not problems:
        OUT.print(f"{folder} has no problem.", soft_wrap=True)
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
    """Show the status of each row of corrections.csv.

    \b
    Statuses
    applied  the corrected value is in use
    fixed    the file has the corrected value: remove the correction
    stale    the file has neither value: check the correction
    unused   no delivery has its key
    pending  new or changed: the next night applies it
    expired  the archive of the file has expired: the row stays unchanged
    """
    from flows.cli.correction_views import show_corrections

    show_corrections(OUT, Settings())
