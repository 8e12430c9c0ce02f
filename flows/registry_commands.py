"""`cchc registry`: what the registry may be missing."""

from __future__ import annotations

import click
from rich.console import Console

from warehouse.config import Settings

OUT = Console(highlight=False)


@click.group()
def registry_group() -> None:
    """The registry: agencies, procedures, policies, by date."""


@registry_group.command("suggest")
@click.argument("load_seq", type=int, required=False, metavar="[LOAD]")
def registry_suggest(load_seq: int | None) -> None:
    """Aliases for names of agencies that rows of LOAD, or of all loads, were set aside for. Changes nothing."""
    from flows.suggestions import show_suggestions, suggest_aliases

    settings = Settings()
    show_suggestions(OUT, suggest_aliases(settings.layout, settings.registry, load_seq))
