"""`cchc privacy`: looks for personal data where none may be, changes the key, writes the register of processing."""

from __future__ import annotations

import sys

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
