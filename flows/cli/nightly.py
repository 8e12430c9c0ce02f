"""`cchc nightly` and `cchc morning`: run a night from the shell, and the check after it."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING

import click

from flows.cli.console import OUT, Day, Terminal, warn
from warehouse.config import Settings

if TYPE_CHECKING:
    from flows.night import Night
    from flows.steps import NightReport

# Prefect's own settings for a night from the shell; the user's come first.
_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_CLI_PROMPT": "false",
}


@click.command()
@click.option("--as-of", type=Day(), help="Compute for this day [the latest data date that deliveries declare].")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), help="What builds the tables [CCHC_ENGINE, duckdb].")
@click.option("--without-prefect", is_flag=True, help="Run the same steps without Prefect.")
def nightly(as_of: date | None, engine: str | None, without_prefect: bool) -> None:
    """Load new deliveries, build and publish.

    \b
    Exit codes
      0  published, or nothing new to publish
      1  a fault; the first line names it
      2  wrong use
      3  done, but a delivery of this night was held, or rows of it were set aside
      4  not published: an audit failed
      5  another run holds this home
    """
    if engine:
        os.environ["CCHC_ENGINE"] = engine
    sys.exit(run_night_here(Settings(), as_of, with_prefect=not without_prefect))


@click.command()
@click.option("--hours", default=6.0, show_default=True, help="Check the last night that began within this many hours.")
def morning(hours: float) -> None:
    """Check that the night ended; alert about open items.

    Meant for 05:00.

    \b
    Exit codes
      0  the night is done
      1  the night failed, was killed or did not start
      3  done, but a delivery needs attention
      5  still running
    """
    from flows.watch.morning import check_morning

    found = check_morning(Settings(), hours)
    OUT.print(found.sentence, soft_wrap=True)
    for alert in found.alerts:
        OUT.print(f"\n{alert.text}", end="", soft_wrap=True)
    for fault in found.faults:
        warn(fault)
    sys.exit(found.exit_code)


def run_night_here(settings: Settings, as_of: date | None, *, with_prefect: bool) -> int:
    """Runs one night in this process, prints its report, and returns its exit code."""
    from flows.cli.console import Terminal
    from flows.night import Night
    from flows.watch.record import watch_night
    from flows.watch.report import print_night
    from warehouse.lock import refuse_when_held

    with watch_night(settings, "cchc nightly", warn) as watch:
        # Prefect takes seconds to start, so a locked home is reported before.
        refuse_when_held(settings.layout)
        terminal = Terminal(OUT)
        if with_prefect:
            from flows.cli.nightly import run_in_prefect

            report = run_in_prefect(Night(settings, as_of=as_of), terminal)
        else:
            from flows.steps import run_night

            report = run_night(Night(settings, as_of=as_of), terminal.run_step)
        watch.report = report
    print_night(OUT, report)
    return report.exit_code


def run_in_prefect(night: Night, terminal: Terminal) -> NightReport:
    """Runs the nightly flow in this process. With PREFECT_API_URL set, that server records it.

    Without one, Prefect's own files are in the province's home, not in the user's.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str(night.home.root / "prefect"))
    reports: list[NightReport] = []
    with ExitStack() as starting:
        starting.enter_context(terminal.waiting("start Prefect"))
        from prefect import flow

        from flows.nightly import run_as_tasks

        @flow(name="nightly", flow_run_name="nightly-shell", persist_result=False)
        def nightly_shell() -> None:
            # Most of this time is the start of Prefect's server.
            starting.close()
            reports.append(run_as_tasks(night, terminal.run_step))

        nightly_shell()
    return reports[0]
