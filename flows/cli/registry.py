"""`cchc registry`: begins and checks a registry, suggests aliases and shows the status of corrections."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import click

from flows.cli.console import OUT
from flows.failures import ExitCode
from warehouse.clock import local_now
from warehouse.config import Settings


@click.group()
def registry() -> None:
    """Check and complete the province's registry.

    Agencies, procedures, criteria, policies: dated CSV files in the folder that CCHC_REGISTRY names.
    """


@registry.command("check")
def registry_check() -> None:
    """Check every table of the registry.

    Exit code 1 when a night would not run with it. Each line is about one cause: it names file, line, column and value
    of the first problem, and how many there are. CCHC_LANGUAGE=vi prints it in Vietnamese.
    """
    from ingest.registry.problems import describe_problems, title
    from ingest.registry.registry import check_registry

    settings = Settings()
    problems = check_registry(settings.registry)
    for line in [
        title(settings.registry, len(problems), settings.language),
        *describe_problems(problems, settings.language),
    ]:
        OUT.print(line, soft_wrap=True)
    sys.exit(ExitCode.FAULT if problems else ExitCode.DONE)


@registry.command("new")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--province", required=True, help="Name of the province, as in the title of reports.")
@click.option("--code", help="Code of the province among those of the country, for example 56; a nation needs it.")
@click.option(
    "--calendar-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the working calendar [1 January of last year].",
)
def registry_new(folder: Path, province: str, code: str | None, calendar_from: datetime | None) -> None:
    """Begin the registry of another province in FOLDER.

    Writes every table with its header, and a README in Vietnamese with columns, values and examples. Labels of the
    code's own values, default parameters and official names of agencies need no row.
    """
    from ingest.registry.new import new_registry

    first = calendar_from.date() if calendar_from else date(local_now().year - 1, 1, 1)
    written = new_registry(folder, province, first, code)
    OUT.print(f"{len(written)} files in {folder}: begin with its README.md.", soft_wrap=True)
    OUT.print(f"Then: cchc --registry {folder} registry check", soft_wrap=True)


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
