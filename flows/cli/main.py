"""`cchc`: the one command of the pipeline."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from copy import copy
from pathlib import Path

import click

from flows.cli.assessment import assessment
from flows.cli.backup import backup, restore
from flows.cli.console import ERR, OUT
from flows.cli.dbt import dbt
from flows.cli.demo import demo
from flows.cli.dossier import dossier, late
from flows.cli.explain import explain
from flows.cli.nation import nation
from flows.cli.nightly import morning, nightly
from flows.cli.privacy import privacy
from flows.cli.publications import publications, rollback
from flows.cli.quarantine import quarantine
from flows.cli.registry import corrections, registry
from flows.cli.source import source
from flows.cli.teardown import silence_teardown
from flows.failures import ExitCode
from warehouse.config import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.option("--home", type=click.Path(path_type=Path), help="The province's home folder [CCHC_HOME, ./data].")
@click.option("--registry", type=click.Path(path_type=Path), help="The registry's folder [CCHC_REGISTRY].")
def cchc(home: Path | None, registry: Path | None) -> None:
    """Load, check and publish the CCHC data of one province.

    Every setting is an environment variable CCHC_<NAME>; `cchc doctor` shows those in force.
    """
    # Set for this process and its children, so that every part reads the same settings.
    if home:
        os.environ["CCHC_HOME"] = str(home)
    if registry:
        os.environ["CCHC_REGISTRY"] = str(registry)


@cchc.command()
def status() -> None:
    """Show the last night, publications and open items."""
    from flows.cli.views import show_status

    show_status(OUT, Settings())


@cchc.command()
def doctor() -> None:
    """Check the installation, settings and home.

    Exit code 1 when something must be fixed.
    """
    from flows.cli.doctor import examine

    sys.exit(ExitCode.FAULT if examine(OUT, Settings()) else ExitCode.DONE)


_DAILY = (demo, nightly, morning, publications, quarantine, registry, source, dossier, explain)
for command in (*_DAILY, nation, assessment, privacy, dbt, backup, restore):
    cchc.add_command(command)
# The names of version 0.1, hidden; version 0.3 no longer has them.
for name, command in (("rollback", rollback), ("corrections", corrections), ("late", late)):
    hidden = copy(command)
    hidden.hidden = True
    cchc.add_command(hidden, name)


def main() -> None:
    """Entry point. An expected failure prints one sentence; only a defect of this program adds a traceback."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    silence_teardown()
    # Great Expectations imports pyspark where it is installed, and nothing hands it a table of pandas.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    sys.exit(_run_command())


def _run_command() -> int:
    try:
        result = cchc.main(standalone_mode=False)
        return result if isinstance(result, int) else ExitCode.DONE
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(bool(leave.code))
    except click.exceptions.Abort:
        ERR.print("cchc: interrupted")
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except Exception as error:
        return _report_failure(error)


def _report_failure(error: Exception) -> int:
    from flows.failures import classify

    failure = classify(error)
    ERR.print(f"cchc: {failure.sentence}", soft_wrap=True)
    if failure.is_ours:
        ERR.print("".join(traceback.format_exception(error)), soft_wrap=True)
    return failure.exit_code
