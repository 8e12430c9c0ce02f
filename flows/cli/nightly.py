"""`cchc nightly` and `cchc morning`: a night from the shell, and the check after it."""

from __future__ import annotations

import sys
from datetime import date

import click

from flows.cli.console import OUT, Day, warn
from warehouse.config import Settings


@click.command()
@click.option("--as-of", type=Day(), help="Compute for this day [the latest data date that deliveries declare].")
@click.option("--without-prefect", is_flag=True, help="Run the same steps without Prefect.")
def nightly(as_of: date | None, without_prefect: bool) -> None:
    """Load new deliveries, build and publish.

    \b
    Exit codes
      0  published, or nothing new to publish
      1  a fault; the first line says which
      2  wrong use
      3  done, but a delivery of this night was held, or rows of it were set aside
      4  not published: an audit refused what was built
      5  another run holds this home
    """
    sys.exit(run_night_here(Settings(), as_of, with_prefect=not without_prefect))


@click.command()
@click.option("--hours", default=6.0, show_default=True, help="How long before now the night may have begun.")
def morning(hours: float) -> None:
    """Check that the night ended; alert about open items.

    Meant for 05:00.

    \b
    Exit codes
      0  the night is done
      1  the night failed, was killed, or never began
      3  done, but a delivery needs somebody
      5  still running
    """
    from flows.watch.morning import check_morning

    found = check_morning(Settings(), hours)
    OUT.print(found.sentence, soft_wrap=True, markup=False)
    for alert in found.alerts:
        OUT.print(f"\n{alert.text}", end="", soft_wrap=True, markup=False)
    for fault in found.faults:
        warn(fault)
    sys.exit(found.exit_code)


def run_night_here(settings: Settings, as_of: date | None, *, with_prefect: bool) -> int:
    """Run one night in this process, print its report, and return its exit code."""
    from flows.cli.terminal import Terminal
    from flows.night import Night
    from flows.watch.record import watch_night
    from flows.watch.report import print_night
    from warehouse.lock import refuse_when_held

    with watch_night(settings, "cchc nightly", warn) as watch:
        # Prefect takes seconds to start: a home that another run holds is reported before.
        refuse_when_held(settings.layout)
        terminal = Terminal(OUT)
        if with_prefect:
            from flows.cli.shell import run_in_prefect

            watch.report = run_in_prefect(Night(settings, as_of=as_of), terminal)
        else:
            from flows.steps import run_night

            watch.report = run_night(Night(settings, as_of=as_of), terminal.tell)
    print_night(OUT, watch.report)
    return watch.report.exit_code
