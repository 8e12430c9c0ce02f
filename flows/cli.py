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

from flows.dossier_commands import dossier, late
from flows.registry_commands import registry_group
from flows.source_commands import source
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
@click.option("--dossiers", default=120_000, show_default=True, help="How many dossiers to invent, over two years.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--without", "missing", multiple=True, metavar="AGENCY", help="An agency that sends no self-assessment.")
@click.option("--correct", metavar="AGENCY", help="Then deliver a corrected self-assessment, and run another night.")
@click.option("--trouble", is_flag=True, help="Then deliver a batch with bad files, and run another night.")
@click.option("--files-only", is_flag=True, help="Only write the deliveries; run no night.")
def demo(
    dossiers: int, seed: int, missing: tuple[str, ...], correct: str | None, trouble: bool, files_only: bool
) -> None:
    """Invent what a province delivers over 2014 and 2015 (synthetic), and run a night on it.

    The first night is clean (exit 0), and the figures of the conference of 25/02/2016 come out of it by computation.
    With --trouble a night follows in which somebody must act (exit 3).
    """
    from ingest.synthetic import write_correction, write_demo, write_trouble
    from warehouse.ledger import Ledger

    settings = Settings()
    inbox, registry = settings.layout.inbox, settings.registry
    code = 0
    if Ledger(settings.layout).loads():
        OUT.print("This home has its deliveries already. Run cchc nightly, or name another --home.")
    else:
        with _wait("invent the deliveries of two years"):
            write_demo(inbox, registry, dossiers, seed, without_assessments_of=missing)
        OUT.print(f"Synthetic deliveries written to {_shown(inbox)}")
        code = 0 if files_only else _run_night(settings, None, with_prefect=True)
        if not (files_only or missing or code):
            code = _compare_figures(settings)
    if correct:
        write_correction(inbox, registry, correct, seed)
        OUT.print(f"A corrected self-assessment of {correct} and its appraisal written to {_shown(inbox)}")
        code = 0 if files_only else _run_night(settings, None, with_prefect=True)
    if trouble:
        with _wait("add a batch of bad files"):
            write_trouble(inbox, registry, seed)
        OUT.print(f"A batch with bad files written to {_shown(inbox)}")
        code = 0 if files_only else _run_night(settings, None, with_prefect=True)
    sys.exit(code)


def _compare_figures(settings: Settings) -> int:
    """Print the conference's figures beside those of the publication; a difference is a fault of ours."""
    from flows.figures import compare_figures, print_figures

    compared = compare_figures(settings.layout.current)
    print_figures(OUT, compared)
    return 0 if all(figure.is_equal for figure in compared) else EXIT_FAULT


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
def corrections() -> None:
    """What became of each correction of the registry (corrections.csv): applied, stale or unused."""
    from flows.correction_views import show_corrections

    show_corrections(OUT, Settings())


@cchc.command()
@click.option("--hours", default=6.0, show_default=True, help="How long before now the night may have begun.")
def morning(hours: float) -> None:
    """Check that the night has ended, and tell people what it left to do. For 05:00.

    \b
    Exit codes
      0  the night is done
      1  the night failed, was killed, or never began
      3  done, but a delivery needs somebody
      5  still running
    """
    from flows.morning import check_morning

    found = check_morning(Settings(), hours)
    OUT.print(found.sentence, soft_wrap=True, markup=False)
    for alert in found.alerts:
        OUT.print(f"\n{alert.text}", end="", soft_wrap=True, markup=False)
    for fault in found.faults:
        _warn(fault)
    sys.exit(found.exit_code)


@cchc.group(invoke_without_command=True)
@click.pass_context
def publications(context: click.Context) -> None:
    """The publications kept, newest first."""
    from flows.views import show_publications

    if context.invoked_subcommand is None:
        show_publications(OUT, Settings())


@publications.command("diff")
@click.argument("before", metavar="[FROM]", required=False)
@click.argument("after", metavar="[TO]", required=False)
def publications_diff(before: str | None, after: str | None) -> None:
    """What changed from publication FROM to TO: deliveries, registry and rules, rows, standings.

    By default from the one that readers saw before to the one they see now.
    """
    from flows.difference import show_difference
    from warehouse.compare import compare_publications

    show_difference(OUT, compare_publications(Settings().layout, before, after))


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


@cchc.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key-to", type=click.Path(path_type=Path), help="Copy the pseudonym key to this file, elsewhere.")
@click.option("--without-deliveries", is_flag=True, help="Leave out inbox and archive, which name people.")
def backup(file: Path, key_to: Path | None, without_deliveries: bool) -> None:
    """Write all that cannot be made again to FILE (.tar.gz), with the hash of every file.

    The pseudonym key is never inside: keep it apart, or the backup protects nobody.
    """
    from flows.keeping import copy_key
    from warehouse.backup import write_backup

    settings = Settings()
    key_file = settings.key_file or settings.layout.key_file
    with copy_key(settings, key_to):
        report = write_backup(settings.layout, file, key_file, deliveries=not without_deliveries)
    OUT.print(f"{report.files:,} files, {report.size_bytes / 1e6:,.1f} MB, publication {report.current_id}")
    if key_to is None:
        OUT.print("The pseudonym key is not inside. Keep a copy of it in another place (--key-to).")
    else:
        OUT.print("The copy of the pseudonym key belongs in another place than the backup.")


@cchc.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Unpack a backup into an empty home, after checking the hash of every file."""
    from flows.keeping import describe_key
    from warehouse.backup import restore_backup

    settings = Settings()
    report = restore_backup(settings.layout, file)
    OUT.print(f"{report.files:,} files, {report.size_bytes / 1e6:,.1f} MB, publication {report.current_id}")
    OUT.print(describe_key(settings), soft_wrap=True, markup=False)


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


@quarantine.command("retry")
@click.argument("load_seq", type=int)
def quarantine_retry(load_seq: int) -> None:
    """Judge the file of load LOAD_SEQ again, with today's registry, contracts and rules.

    For a file that was held, or of which rows were set aside, once the cause is mended on our side. What is right now
    counts from the next night on. Exit code 3 when the file still waits for somebody.
    """
    from flows.judging_again import retry_load
    from flows.views import show_judged_again

    sys.exit(EXIT_HELD if show_judged_again(OUT, retry_load(Settings(), load_seq)) else 0)


@quarantine.command("release")
@click.argument("load_seq", type=int)
@click.option("--line", type=int, required=True, help="The line, as cchc quarantine show has it.")
@click.option("--reason", required=True, help="Why the row is accepted; it is kept in ledger/releases.")
def quarantine_release(load_seq: int, line: int, reason: str) -> None:
    """Accept one row of load LOAD_SEQ although it breaks a critical rule, and judge the file again.

    Exit code 3 when something of the file still waits for somebody.
    """
    from flows.judging_again import release_row
    from flows.views import show_judged_again

    sys.exit(EXIT_HELD if show_judged_again(OUT, release_row(Settings(), load_seq, line, reason)) else 0)


cchc.add_command(late)
cchc.add_command(dossier)
cchc.add_command(registry_group, "registry")
cchc.add_command(source)


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
    from flows.watch import watch_night
    from warehouse.lock import refuse_when_held

    with watch_night(settings, "cchc nightly", _warn) as watch:
        # Prefect needs its time to start; who cannot write learns it before.
        refuse_when_held(settings.layout)
        terminal = Terminal(OUT)
        if with_prefect:
            from flows.shell import run_in_prefect

            watch.report = run_in_prefect(Night(settings, as_of=as_of), terminal)
        else:
            from flows.steps import run_night

            watch.report = run_night(Night(settings, as_of=as_of), terminal.tell)
    print_night(OUT, watch.report)
    return watch.report.exit_code


def _warn(sentence: str) -> None:
    ERR.print(f"cchc: {sentence}", soft_wrap=True, markup=False)


def _wait(what: str) -> AbstractContextManager[None]:
    from flows.terminal import Terminal

    return Terminal(OUT).waiting(what)


def _shown(path: Path) -> str:
    """The path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
