"""`cchc nation`: many provinces side by side, and the tables that compare them."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from flows.cli.console import ERR, OUT, Terminal, shown, warn
from flows.failures import ExitCode
from warehouse.clock import local_now
from warehouse.config import Settings

if TYPE_CHECKING:
    from flows.nation.building import NationReport
    from flows.nation.nights import ProvinceNight


# A night of a province that takes longer is stopped.
_HOURS = 4.0


@click.group()
def nation() -> None:
    """Run many provinces and publish what compares them.

    The home is the nation's folder; provinces/CODE in it is the whole home of one province, with its registry/.
    """


@nation.command("add")
@click.argument("code")
@click.option("--name", required=True, help="Name of the province, as in the title of reports.")
@click.option(
    "--calendar-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the working calendar [1 January of last year].",
)
def nation_add(code: str, name: str, calendar_from: datetime | None) -> None:
    """Begin the home and the registry of province CODE."""
    from flows.nation.provinces import refuse_bad_code
    from ingest.registry.new import new_registry
    from warehouse.config import Home

    refuse_bad_code(code)
    home = Home(Settings().layout.provinces / code)
    first = calendar_from.date() if calendar_from else date(local_now().year - 1, 1, 1)
    new_registry(home.registry, name, first, code)
    home.inbox.mkdir()
    OUT.print(f"{shown(home.root)}: registry/ begins with its README.md, deliveries go to inbox/.", soft_wrap=True)


@nation.command("nightly")
@click.option("--jobs", type=click.IntRange(1), help="Nights that run at the same time [number of processors].")
@click.option("--province", "codes", multiple=True, metavar="CODE", help="Only this province's night; repeatable.")
@click.option("--hours", default=_HOURS, show_default=True, help="Stop a province's night that takes longer.")
def nation_nightly(jobs: int | None, codes: tuple[str, ...], hours: float) -> None:
    """Run every province's night, then build the nation.

    Each night is a process of its own and prints to logs/CODE.log. A province whose night fails keeps the publication
    that it has, and the nation is built with that.

    \b
    Exit codes
      0  all is done
      1  a fault of the nation; the first line names it
      2  wrong use
      3  done, but a province needs attention
      4  the nation is not published: a test or an audit failed
      5  another run holds the nation's home
    """
    sys.exit(run_nation_night(Settings(), codes, jobs, hours))


@nation.command("build")
def nation_build() -> None:
    """Build the nation from what its provinces have published.

    The exit codes are those of `cchc nation nightly`.
    """
    from flows.nation.building import build_nation
    from flows.night import Night
    from flows.watch.record import watch_night

    settings = Settings()
    with watch_night(settings, "cchc nation build", warn) as watch:
        watch.report = report = build_nation(Night(settings), Terminal(OUT).run_step)
    _show_report(report)
    sys.exit(report.exit_code)


@nation.command("status")
def nation_status() -> None:
    """Show a line for each province.

    Its last night with the exit code, its publication, and whether the nation's publication has it.
    """
    from flows.cli.nation_views import show_nation

    show_nation(OUT, Settings())


def run_nation_night(
    settings: Settings, codes: tuple[str, ...] = (), jobs: int | None = None, hours: float = _HOURS
) -> int:
    """Runs the nights of provinces and builds the nation, prints how each ended, and returns the exit code."""
    from flows.nation.building import build_held_nation
    from flows.nation.nights import run_nights
    from flows.nation.provinces import list_provinces
    from flows.night import Night
    from flows.watch.record import watch_night
    from warehouse.lock import hold_writer_lock

    home = settings.layout
    provinces = list_provinces(home, codes)
    with watch_night(settings, "cchc nation nightly", warn) as watch, hold_writer_lock(home, "cchc nation nightly"):
        nights = run_nights(home, provinces, jobs or os.cpu_count() or 1, hours, _show_night)
        report = build_held_nation(Night(settings), Terminal(OUT).run_step)
        watch.report = report
    _show_report(report)
    return report.exit_code if all(night.is_done for night in nights) else ExitCode.HELD


def _show_night(night: ProvinceNight) -> None:
    mark = "✓" if night.is_done else "✗"
    OUT.print(
        f"  {mark} {night.code:<6} exit {night.exit_code:<4}{night.seconds:7.1f} s  {night.reason}", soft_wrap=True
    )


def _show_report(report: NationReport) -> None:
    for pin in report.pins:
        if pin.needs_attention:
            ERR.print(f"{pin.province_code} is left out: {pin.detail}", soft_wrap=True)
    n_included = sum(pin.inclusion_reason is None for pin in report.pins)
    OUT.print(f"{n_included} of {len(report.pins)} provinces; {report.decision.reason}", soft_wrap=True)
    if report.publication is not None:
        rows = sum(table.rows for table in report.publication.tables)
        OUT.print(
            f"Published {report.publication.publication_id}: {len(report.publication.tables)} tables, {rows:,} rows"
        )
    for warning in report.warnings:
        warn(warning)
