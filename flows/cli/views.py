"""Shows a home as tables on a terminal of 80 columns. Never a personal value."""

from __future__ import annotations

from collections import Counter

import duckdb
from rich.console import Console
from rich.table import Table

from flows.cli.correction_views import count_corrections
from flows.failures import UsageError
from flows.load.columns import describe_changes, standing_changes
from flows.watch.channel import list_alerts
from ingest.contract import load_contracts
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.engine import connect
from warehouse.landing import quarantine_folder
from warehouse.ledger import Ledger, LoadRecord
from warehouse.lock import is_held, read_holder
from warehouse.nights import is_running, last_night
from warehouse.publication.manifest import read_manifest
from warehouse.publication.publications import current_publication, list_publications
from warehouse.publication.staged import DATABASE


def show_status(console: Console, settings: Settings) -> None:
    """Prints the writer, the current publication, the last night and all open items."""
    home = settings.layout
    loads = Ledger(home).loads()
    current = current_publication(home)
    console.print(f"home          {home.root}")
    is_writing = is_held(home)
    holder = read_holder(home) if is_writing else None
    writer = (
        f"process {holder.pid} since {holder.since}" if holder else "another process" if is_writing else "no process"
    )
    console.print(f"writing now   {writer}")
    if current is None:
        console.print("published     none: deliver files to the inbox, then run cchc nightly")
    else:
        console.print(f"published     {current.publication_id}, data until {current.as_of_date:%d/%m/%Y}")
        newest = list_publications(home)[0]
        if newest.publication_id != current.publication_id:
            console.print(f"              rolled back from {newest.publication_id}")
    _show_last_night(console, home)
    verdicts = Counter(load.verdict_status for load in loads)
    console.print(f"loads         {', '.join(f'{n} {v}' for v, n in sorted(verdicts.items())) or 'none'}")
    waiting = [load for load in loads if load.needs_attention]
    if waiting:
        console.print("\nNeeding attention:")
        for load in waiting:
            console.print(f"  load {load.load_seq}  {load.original_name}  {_what_waits(load)}")
            if load.reason:
                console.print(f"    {load.reason}")
    else:
        console.print("open items    none")
    if counted := count_corrections(settings):
        console.print(f"corrections   {counted}: cchc registry corrections")
    _show_changes(console, loads)
    if current is not None:
        _show_missing(console, home)


def _show_changes(console: Console, loads: list[LoadRecord]) -> None:
    """Prints columns that appeared or vanished in the last delivery of a kind."""
    if changed := standing_changes(loads):
        console.print("\nColumns that changed since the previous delivery:")
    for load in changed:
        console.print(f"  load {load.load_seq}  {load.original_name}", soft_wrap=True)
        console.print(f"    {describe_changes(load.changes)}", soft_wrap=True)


def _show_missing(console: Console, home: Home) -> None:
    """Prints missing deliveries due before today by source and period; the mart only counts to the data date."""
    published = read_manifest(home.current)
    if published is None or "expected_deliveries" not in {table.name for table in published.tables}:
        # Of an older version of the code, or damaged: cchc doctor reports it.
        return
    with connect(home.current / DATABASE, read_only=True) as connection:
        rows = connection.execute(
            """
            select d.source, p.period_name, min(d.expected_by_date), list(a.short_name order by a.short_name)
            from quality.expected_deliveries as d
            inner join core.dim_period as p using (period_id)
            left join core.agency as a using (agency_id)
            where d.arrived_at is null and d.expected_by_date < ?
            group by d.source, p.period_name, p.end_date
            order by p.end_date, d.source
            """,
            [local_now().date()],
        ).fetchall()
    if rows:
        console.print("\nOverdue deliveries:")
    for source, period, due, agencies in rows:
        console.print(f"  {source}, {period}, due {due:%d/%m/%Y}: {', '.join(agencies)}")


def _show_last_night(console: Console, home: Home) -> None:
    """Prints how the last night ended, and the alerts raised since it began."""
    night = last_night(home)
    if night is None:
        console.print("last night    none")
        return
    began = f"{night.started_at:%d/%m/%Y %H:%M}"
    if night.finished_at is None:
        state = "is still running" if is_running(home, night) else "was killed"
        console.print(f"last night    {began}, process {night.pid}, {state}")
    else:
        console.print(f"last night    {began} to {night.finished_at:%H:%M}, exit {night.exit_code}")
        console.print(f"              {night.reason}")
    for alert in [alert for alert in list_alerts(home) if alert.raised_at >= night.started_at]:
        console.print(f"alert         {alert.title_vi}")
        console.print(f"              alerts/{alert.alert_id}.txt")


def show_publications(console: Console, settings: Settings) -> None:
    """The publications kept, newest first."""
    table = table_of("publication", "data until", "built at", "tables", "readers")
    for entry in list_publications(settings.layout):
        table.add_row(
            entry.publication_id,
            f"{entry.as_of_date:%d/%m/%Y}",
            f"{entry.built_at:%d/%m/%Y %H:%M}",
            str(entry.n_tables),
            "see this one" if entry.is_current else ", ".join(entry.decision_numbers),
        )
    console.print(table if table.row_count else "Nothing is published yet.")


def show_quarantine(console: Console, settings: Settings) -> None:
    """Loads with rows set aside, by rule."""
    table = table_of("load", "file", "rule", "rows", "statement")
    loads = Ledger(settings.layout).loads()
    for load in loads:
        for rule in load.rules if load.needs_attention else []:
            if rule.severity == "critical" and not rule.is_passed:
                table.add_row(
                    str(load.load_seq), load.original_name, rule.rule_code, f"{rule.n_failed:,}", rule.statement
                )
    console.print(table if table.row_count else "No row is set aside.")
    if table.row_count:
        console.print("The rows of one load: cchc quarantine show <load>")
        console.print("After the registry, contract or rule was fixed: cchc quarantine retry <load>")
    _show_changes(console, loads)


def show_quarantined_rows(console: Console, settings: Settings, load_seq: int, limit: int) -> None:
    """Prints the rows of one load that were set aside. Raises UsageError without such a load or row."""
    home = settings.layout
    load = next((load for load in Ledger(home).loads() if load.load_seq == load_seq), None)
    if load is None:
        raise UsageError(f"there is no load {load_seq}; cchc quarantine list shows the numbers")
    if load.superseded_by is not None:
        raise UsageError(f"load {load_seq} ({load.original_name}) was judged again by load {load.superseded_by}")
    path = quarantine_folder(home, load.source, load.load_id) / "rows.parquet"
    if not path.exists():
        raise UsageError(f"no row of load {load_seq} ({load.original_name}) was set aside")
    statements = {rule.rule_code: rule.statement for rule in load.rules}
    console.print(f"{load.original_name}: {_what_waits(load)}")
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select line, place, row_key, rule_codes, detail from read_parquet(?) order by line limit ?",
            [str(path), limit],
        ).fetchall()
        total = connection.execute("select count(*) from read_parquet(?)", [str(path)]).fetchall()[0][0]
    for line, place, row_key, codes, detail in rows:
        shown = "" if place == f"dòng {line}" else f"({place})  "
        console.print(f"\nline {line}  {shown}{row_key or ''}")
        for code in codes.split(";"):
            console.print(f"  {code}  {statements.get(code, '')}")
        if detail:
            console.print(f"  {detail}")
    if total > len(rows):
        console.print(f"\n… and {total - len(rows):,} more; --rows shows them")


def show_judged_again(console: Console, load: LoadRecord) -> bool:
    """Prints the result for a file that was judged again; returns whether it still needs attention."""
    console.print(f"load {load.load_seq}  {load.original_name}: {load.verdict_status}", soft_wrap=True)
    console.print(f"  {load.rows_accepted:,} of {load.rows_read:,} rows accepted, {load.rows_quarantined:,} set aside")
    if load.reason:
        console.print(f"  {load.reason}", soft_wrap=True)
    console.print("The next night publishes the change.")
    return load.needs_attention


def show_sources(console: Console, settings: Settings) -> None:
    """Prints every source and what was loaded from it."""
    loads = Ledger(settings.layout).loads()
    table = table_of("source", "version", "mode", "loads", "rows", "data until")
    for name, contract in load_contracts().items():
        taken = [load for load in loads if load.source == name and load.counts]
        until = max((load.data_until for load in taken if load.data_until), default=None)
        table.add_row(
            name,
            contract.version,
            contract.load_mode,
            str(len(taken)),
            f"{sum(load.rows_accepted for load in taken):,}",
            f"{until:%d/%m/%Y}" if until else "-",
        )
    console.print(table)


def show_source(console: Console, name: str) -> None:
    """Prints one contract. Raises UsageError when there is no such source."""
    contracts = load_contracts()
    if name not in contracts:
        raise UsageError(f"there is no source {name!r}; the sources are: {', '.join(contracts)}")
    contract = contracts[name]
    console.print(f"{contract.source}  {contract.title_vi} · {contract.title_en}")
    console.print(f"grain   {contract.grain}\nowner   {contract.owner}\ndue     {contract.cadence}")
    console.print(f"key     {', '.join(contract.key)}   mode {contract.load_mode}\n")
    table = table_of("column", "type", "headers in files", "personal")
    for column in contract.columns:
        mark = f"{column.personal} ({column.treatment})" if column.personal else ""
        required = " *" if column.required else ""
        table.add_row(column.name + required, column.type.value, ", ".join(column.headers), mark)
    console.print(table)
    console.print("* required")


def _what_waits(load: LoadRecord) -> str:
    if load.rows_quarantined:
        return f"{load.rows_quarantined:,} rows set aside"
    return load.verdict_status


def table_of(*columns: str) -> Table:
    """Returns a table without lines; columns of numbers stand to the right."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        is_number = column in ("rows", "tables", "loads", "load", "read")
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    return table
