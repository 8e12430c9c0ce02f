"""`cchc privacy audit`: looks for personal data everywhere in a home where none may be."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console

from flows.failures import UsageError
from flows.night import Night
from flows.privacy.values import read_personal_values
from ingest.privacy import personal_kinds
from warehouse.config import Settings
from warehouse.lock import is_held
from warehouse.scanner import Needles, scan

# Deliveries, archived bytes and the key: readable by the owner only.
EXEMPT = ("archive", "inbox", "secret")
# Tables that Prefect fills with its own examples.
_SHIPPED = ("block_type", "block_schema")


@dataclass(frozen=True)
class Finding:
    """A place with personal data: file, table, column, the first line and the number of lines; never the value."""

    file: str
    table: str | None
    column: str | None
    kind: str
    line: int | None
    n_hits: int


@dataclass(frozen=True)
class Audit:
    """What was looked for and what was found; `unread` are loads whose archived file gives no value."""

    findings: list[Finding]
    n_values: int
    n_files: int
    n_too_short: int
    unread: list[str]


def audit_home(settings: Settings) -> Audit:
    """Scans everything outside the archive, the inbox and the key, in one pass.

    Looks for every personal value of the archived deliveries, and in texts of tables and records for identity numbers,
    telephone numbers and e-mail addresses that stand alone. Raises UsageError while another process writes the home.
    """
    home = settings.layout
    if is_held(home):
        raise UsageError("another process is writing the home: run the audit after it has ended")
    values = read_personal_values(Night(settings))
    needles = Needles(values.kinds)
    found: dict[tuple[str, str | None, str | None, str], list[int | None]] = {}
    for hit in scan(home.root, needles, personal_kinds, skip=EXEMPT, shipped=_SHIPPED):
        found.setdefault((hit.file, hit.table, hit.column, hit.kind), []).append(hit.line)
    findings = [
        Finding(file, table, column, kind, min((n for n in lines if n is not None), default=None), len(lines))
        for (file, table, column, kind), lines in found.items()
    ]
    return Audit(findings, len(needles.kinds), values.n_files, needles.left_out, values.unread)


def show_audit(console: Console, audit: Audit) -> None:
    """Prints what was looked for, and a line per place with personal data."""
    console.print(f"{audit.n_values:,} personal values of {audit.n_files:,} archived files, and patterns of numbers")
    if audit.n_too_short:
        console.print(f"  {audit.n_too_short:,} values are too short to be looked for")
    for load_id in audit.unread:
        console.print(f"  archive/{load_id} cannot be read: its values are not looked for")
    for one in audit.findings:
        where = [
            one.file,
            one.table,
            f"column {one.column}" if one.column else "",
            f"line {one.line}" if one.line else "",
        ]
        count = f" ({one.n_hits:,} times)" if one.n_hits > 1 else ""
        console.print(f"{', '.join(filter(None, where))}: {one.kind}{count}", soft_wrap=True)
    if not audit.findings:
        console.print("No personal data outside the archive, the inbox and the key.")
