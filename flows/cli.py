"""`cchc`: the one command of the pipeline."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console

from flows.teardown import silence_teardown
from warehouse.config import Settings

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False)
EXIT_FAULT, EXIT_USAGE, EXIT_HELD, EXIT_REFUSED, EXIT_LOCKED = 1, 2, 3, 4, 5


class _Day(click.ParamType):
    name = "yyyy-mm-dd"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2015-12-31", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.option("--home", type=click.Path(path_type=Path), help="The province's home folder [CCHC_HOME, ./data].")
@click.option("--registry", type=click.Path(path_type=Path), help="The registry's folder [CCHC_REGISTRY].")
def cchc(home: Path | None, registry: Path | None) -> None:
    """From the files a province sends to marts that people can trust.

    Every setting is an environment variable CCHC_<NAME>; `cchc doctor` shows those in force.
    """
    # Set for this process and whatever it starts, so that every room reads the same settings.
    if home:
        os.environ["CCHC_HOME"] = str(home)
    if registry:
        os.environ["CCHC_REGISTRY"] = str(registry)


@cchc.command()
@click.option("--dossiers", default=20_000, show_default=True, help="How many dossiers to invent.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--trouble", is_flag=True, help="Then deliver a second batch with bad files, and run a second night.")
@click.option("--files-only", is_flag=True, help="Only write the deliveries; run no night.")
def demo(dossiers: int, seed: int, trouble: bool, files_only: bool) -> None:
    """Invent a year of deliveries (synthetic) and run a night on them.

    The first night is clean (exit 0). With --trouble a second night follows, in which somebody must act (exit 3).
    """
    from ingest.synthetic import write_demo, write_trouble
    from warehouse.ledger import Ledger

    settings = Settings()
    inbox, code = settings.layout.inbox, 0
    if Ledger(settings.layout).loads():
        OUT.print("This home has its deliveries already. Run cchc nightly, or name another --home.")
    else:
        with _wait("invent the deliveries of a year"):
            write_demo(inbox, settings.registry, dossiers, seed)
        OUT.print(f"Synthetic deliveries written to {_shown(inbox)}")
        code = 0 if files_only else _run_night(settings, None, with_prefect=True)
    if trouble:
        with _wait("add a batch of bad files"):
            write_trouble(inbox, settings.registry, seed)
        OUT.print(f"A second batch, with bad files, written to {_shown(inbox)}")
        code = 0 if files_only else _run_night(settings, None, with_prefect=True)
    sys.exit(code)


@cchc.command()
@click.option("--as-of", type=_Day(), help="Compute for this day [the latest data date that deliveries declare].")
@click.option("--without-prefect", is_flag=True, help="Run the same steps without Prefect.")
def nightly(as_of: date | None, without_prefect: bool) -> None:
    """Load what was delivered, build and publish.

    \b
    Exit codes
      0  published, or nothing new to publish
      1  a fault; the first line says which
      2  wrong use
      3  done, but a delivery of this night was held, or rows of it were set aside
      4  not published: an audit refused what was built
      5  another run holds this home
    """
    sys.exit(_run_night(Settings(), as_of, with_prefect=not without_prefect))


@cchc.command()
def status() -> None:
    """What is published, what came last, what waits for somebody."""
    from flows.views import show_status

    show_status(OUT, Settings())


@cchc.command()
def publications() -> None:
    """The publications kept, newest first."""
    from flows.views import show_publications

    show_publications(OUT, Settings())


@cchc.command()
@click.argument("publication_id", required=False)
def rollback(publication_id: str | None) -> None:
    """Show readers an earlier publication: the one before the current, or PUBLICATION_ID.

    It stays until the inputs change: no night publishes the same inputs again by itself.
    """
    from warehouse import publications as shelf
    from warehouse.lock import hold_writer_lock

    home = Settings().layout
    with hold_writer_lock(home, "cchc rollback"):
        before, after = shelf.rollback(home, publication_id)
    OUT.print(f"Readers now see {after} (before: {before}).")


@cchc.group()
def quarantine() -> None:
    """Rows that were set aside, with their reasons."""


@quarantine.command("list")
def quarantine_list() -> None:
    """Loads with rows set aside, and which rules they break."""
    from flows.views import show_quarantine

    show_quarantine(OUT, Settings())


@quarantine.command("show")
@click.argument("load_seq", type=int)
@click.option("--rows", default=50, show_default=True, help="How many rows to show.")
def quarantine_show(load_seq: int, rows: int) -> None:
    """The rows of load LOAD_SEQ that were set aside: line, rule, what the file says (personal values masked)."""
    from flows.views import show_quarantined_rows

    show_quarantined_rows(OUT, Settings(), load_seq, rows)


@cchc.group()
def source() -> None:
    """The sources that the pipeline knows."""


@source.command("list")
def source_list() -> None:
    """Every source with its contract's version and what was loaded from it."""
    from flows.views import show_sources

    show_sources(OUT, Settings())


@source.command("show")
@click.argument("name")
def source_show(name: str) -> None:
    """The contract of source NAME: columns, headers under which they come, types, personal data."""
    from flows.views import show_source

    show_source(OUT, name)


@cchc.command()
def doctor() -> None:
    """Check the installation and the settings; exit 1 when something must be mended."""
    from flows.doctor import examine

    sys.exit(EXIT_FAULT if examine(OUT, Settings()) else 0)


def main() -> None:
    """Entry point. An expected failure is one sentence; only a fault of ours adds a traceback."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    silence_teardown()
    sys.exit(_run_command())


def _run_command() -> int:
    try:
        result = cchc.main(standalone_mode=False)
        return result if isinstance(result, int) else 0
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(bool(leave.code))
    except click.exceptions.Abort:
        ERR.print("cchc: interrupted")
        return 130
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except Exception as error:
        return _report_failure(error)


def _report_failure(error: Exception) -> int:
    from flows.failures import classify

    failure = classify(error)
    ERR.print(f"cchc: {failure.sentence}", soft_wrap=True, markup=False)
    if failure.is_ours:
        ERR.print("".join(traceback.format_exception(error)), soft_wrap=True, markup=False)
    return failure.exit_code


def _run_night(settings: Settings, as_of: date | None, *, with_prefect: bool) -> int:
    from flows.night import Night
    from flows.report import print_night
    from flows.terminal import Terminal
    from warehouse.lock import refuse_when_held

    # Prefect needs its time to start; who cannot write learns it before.
    refuse_when_held(settings.layout)
    terminal = Terminal(OUT)
    if with_prefect:
        from flows.shell import run_in_prefect

        report = run_in_prefect(Night(settings, as_of=as_of), terminal)
    else:
        from flows.steps import run_night

        report = run_night(Night(settings, as_of=as_of), terminal.tell)
    print_night(OUT, report)
    return report.exit_code


def _wait(what: str) -> AbstractContextManager[None]:
    from flows.terminal import Terminal

    return Terminal(OUT).waiting(what)


def _shown(path: Path) -> str:
    """The path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
