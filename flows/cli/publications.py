"""`cchc publications`: lists, compares and rolls back publications."""

from __future__ import annotations

import click

from flows.cli.console import OUT
from warehouse.config import Settings


@click.group(invoke_without_command=True)
@click.pass_context
def publications(context: click.Context) -> None:
    """List, compare and roll back publications."""
    if context.invoked_subcommand is None:
        context.invoke(publications_list)


@publications.command("list")
def publications_list() -> None:
    """List the publications kept, newest first."""
    from flows.cli.views import show_publications

    show_publications(OUT, Settings())


@publications.command("diff")
@click.argument("before", metavar="[FROM]", required=False)
@click.argument("after", metavar="[TO]", required=False)
def publications_diff(before: str | None, after: str | None) -> None:
    """Show what changed from publication FROM to TO.

    Deliveries, registry and rules, rows, ranking. By default from the previous publication to the current one.
    """
    from flows.cli.difference import show_difference
    from warehouse.publication.compare import compare_publications

    show_difference(OUT, compare_publications(Settings().layout, before, after))


@publications.command("rollback")
@click.argument("publication_id", required=False)
def rollback(publication_id: str | None) -> None:
    """Show readers an earlier publication.

    The one before the current, or PUBLICATION_ID. It stays current until the inputs change: a night does not publish
    the same inputs again.
    """
    from warehouse.lock import hold_writer_lock
    from warehouse.publication import publications as shelf

    home = Settings().layout
    with hold_writer_lock(home, "cchc publications rollback"):
        before, after = shelf.rollback(home, publication_id)
    OUT.print(f"Readers now see {after} (before: {before}).")
