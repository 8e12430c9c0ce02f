"""`cchc quarantine`: lists rows that were set aside, and records decisions on them."""

from __future__ import annotations

import sys

import click

from flows.cli.console import OUT
from flows.failures import ExitCode
from warehouse.config import Settings


@click.group()
def quarantine() -> None:
    """List and decide on rows that were set aside."""


@quarantine.command("list")
def quarantine_list() -> None:
    """List loads with rows set aside, by broken rule."""
    from flows.cli.views import show_quarantine

    show_quarantine(OUT, Settings())


@quarantine.command("show")
@click.argument("load_seq", type=int)
@click.option("--rows", default=50, show_default=True, help="Number of rows to show.")
def quarantine_show(load_seq: int, rows: int) -> None:
    """Show the rows of load LOAD_SEQ that were set aside.

    Line, rule and delivered values; personal values are masked.
    """
    from flows.cli.views import show_quarantined_rows

    show_quarantined_rows(OUT, Settings(), load_seq, rows)


@quarantine.command("retry")
@click.argument("load_seq", type=int)
def quarantine_retry(load_seq: int) -> None:
    """Judge the file of load LOAD_SEQ again.

    With today's registry, contracts and rules; for a held file or a file with rows set aside, after the registry,
    contract or rule was fixed. The next night publishes the accepted rows. Exit code 3 when the file still needs
    attention.
    """
    from flows.cli.views import show_judged_again
    from flows.load.retry import retry_load

    sys.exit(ExitCode.HELD if show_judged_again(OUT, retry_load(Settings(), load_seq)) else ExitCode.DONE)


@quarantine.command("release")
@click.argument("load_seq", type=int)
@click.option("--line", type=int, required=True, help="Line number as in cchc quarantine show.")
@click.option("--reason", required=True, help="Reason of the decision; stored in ledger/releases.")
def quarantine_release(load_seq: int, line: int, reason: str) -> None:
    """Accept one row of LOAD_SEQ despite a critical rule.

    The file is judged again. Exit code 3 when the file still needs attention.
    """
    from flows.cli.views import show_judged_again
    from flows.load.retry import release_row

    sys.exit(
        ExitCode.HELD if show_judged_again(OUT, release_row(Settings(), load_seq, line, reason)) else ExitCode.DONE
    )


@quarantine.command("hold")
@click.argument("load_seq", type=int)
@click.option("--reason", required=True, help="Reason of the decision; stored in the ledger.")
def quarantine_hold(load_seq: int, reason: str) -> None:
    """Take the accepted load LOAD_SEQ back out.

    The next night publishes without its rows; cchc quarantine retry takes the load in again. Exit code 3, as for every
    load that is held.
    """
    from flows.cli.views import show_judged_again
    from flows.load.holding import hold_load

    sys.exit(ExitCode.HELD if show_judged_again(OUT, hold_load(Settings(), load_seq, reason)) else ExitCode.DONE)
