"""`cchc source`: lists sources, dry-runs files and drafts a new source."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flows.cli.console import OUT
from flows.failures import ExitCode
from warehouse.config import Settings


@click.group()
def source() -> None:
    """List, check and add sources."""


@source.command("list")
def source_list() -> None:
    """List every source and what was loaded from it."""
    from flows.cli.views import show_sources

    show_sources(OUT, Settings())


@source.command("show")
@click.argument("name")
def source_show(name: str) -> None:
    """Show the contract of source NAME.

    Columns, the headers that files use for them, types, personal data.
    """
    from flows.cli.views import show_source

    show_source(OUT, name)


@source.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", "name", help="The source [the folder's name, or the one whose headers fit].")
@click.option("--rows", default=20, show_default=True, help="Number of bad rows to show.")
def source_check(file: Path, name: str | None, rows: int) -> None:
    """Dry-run FILE: report what to fix before sending it.

    Loads nothing.

    \b
    Exit codes
      0  it would be accepted completely
      2  wrong use, or the source cannot be determined
      3  it would be held, or some of its rows set aside
    """
    from expectations.rules import load_rules
    from flows.load.source_check import check_file, show_check
    from ingest.contract import load_contracts

    contracts, rules = load_contracts(), load_rules()
    checked = check_file(Settings(), file, name, contracts, rules, rows)
    show_check(OUT, checked, contracts, rules)
    sys.exit(ExitCode.HELD if any(one.record.needs_attention for one in checked) else ExitCode.DONE)


@source.command("new")
@click.argument("name")
@click.option("--from", "sample", required=True, type=click.Path(path_type=Path), help="A file as the sender sends it.")
def source_new(name: str, sample: Path) -> None:
    """Draft source NAME from a sample file.

    Contract, rules, staging model, fixture. Of the sample's rows only the labels of closed lists are written. Review
    the contract before the first night: `xem lại` marks everything that a sample cannot determine.
    """
    from flows.failures import UsageError
    from ingest.generate import write_generated
    from ingest.readers.read import UnreadableError
    from ingest.scaffold.draft import ScaffoldError, agency_names, draft_source, published_columns
    from ingest.scaffold.files import FIXTURE_PERIOD, write_source
    from warehouse.config import CODE_ROOT

    if not sample.is_file():
        raise UsageError(f"không có tệp {sample}")
    registry = Settings().registry
    try:
        draft = draft_source(name, sample, registry, published_columns(CODE_ROOT))
        written = write_source(draft, CODE_ROOT, agency_names(registry, FIXTURE_PERIOD[1]))
    except (ScaffoldError, UnreadableError) as error:
        raise UsageError(str(error)) from error
    write_generated()
    for path in written:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        OUT.print(f"{path.relative_to(CODE_ROOT)}  {lines} lines", soft_wrap=True)
    personal = [column.name for column in draft.columns if column.personal]
    OUT.print(f"key       {', '.join(draft.key)}", soft_wrap=True)
    OUT.print(f"personal  {', '.join(personal) or 'none found'}", soft_wrap=True)
    if not draft.declares_period:
        OUT.print(
            f"The sample declares no period: deliver it as {name}_20150101_20150630{sample.suffix}", soft_wrap=True
        )
    OUT.print(f"Read what is marked `xem lại`, then: cchc source check --source {name} {sample}", soft_wrap=True)
