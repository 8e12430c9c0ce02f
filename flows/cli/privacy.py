"""`cchc privacy`: looks for personal data where none may be, changes the key, writes the register of processing."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from flows.cli.console import OUT
from flows.failures import ExitCode
from warehouse.config import Settings


@click.group()
def privacy() -> None:
    """Audit personal data, change the key, write the register."""


@privacy.command("audit")
def privacy_audit() -> None:
    """Look for personal data outside the archive.

    Scans landing, quarantine, ledger, build, publications, Data Docs, the Prefect database, logs, alerts and staging
    for every personal value of the archived deliveries, and for identity numbers, telephone numbers and e-mail
    addresses. Names file, table, column, line and kind, never the value.

    \b
    Exit codes
      0  nothing was found
      3  personal data was found
    """
    from flows.privacy.audit import audit_home, show_audit

    audit = audit_home(Settings())
    show_audit(OUT, audit)
    sys.exit(ExitCode.HELD if audit.findings else ExitCode.DONE)


@privacy.command("rotate")
def privacy_rotate() -> None:
    """Change the pseudonym key of the home.

    Landed pseudonyms of every delivery that is in the archive are made again with a new key; nothing is judged again.
    Loads whose archive has expired keep their old pseudonyms and are listed.
    """
    from flows.privacy.rotate import rotate_key, show_rotation

    show_rotation(OUT, rotate_key(Settings()))


@privacy.command("register")
@click.option(
    "--to", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write the register to this file."
)
def privacy_register(target: Path | None) -> None:
    """Print the register of processing.

    In Vietnamese, from the contracts of all sources: column, category, purpose, treatment, retention, recipients, as
    Law 91/2025/QH15 and NĐ 356/2025/NĐ-CP ask for. The offices and persons responsible have to be filled in.
    """
    from flows.privacy.register import write_register
    from ingest.contract import load_contracts
    from warehouse.clock import local_now

    text = write_register(load_contracts(), Settings(), local_now().date())
    if target is None:
        OUT.print(text, soft_wrap=True)
    else:
        target.write_text(text, encoding="utf-8")
