"""What `cchc nation status` shows: the nation's publication, and a line for each province."""

from __future__ import annotations

import duckdb
from rich.console import Console

from flows.cli.console import shown
from flows.cli.views import table_of
from flows.nation.provinces import Province, list_provinces
from ingest.registry.identity import read_identity
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.nights import is_running, last_night
from warehouse.publication.publications import current_publication
from warehouse.publication.staged import DATABASE


def show_nation(console: Console, settings: Settings) -> None:
    """The nation's publication and its provinces; fits a terminal of 80 columns."""
    home = settings.layout
    provinces = list_provinces(home)
    current = current_publication(home)
    console.print(f"nation        {shown(home.root)}, {len(provinces)} provinces", soft_wrap=True)
    if current is None:
        console.print("published     nothing yet: cchc nation nightly")
    else:
        console.print(f"published     {current.publication_id}, data until {current.as_of_date:%d/%m/%Y}")
    published = _published(home)
    table = table_of("code", "province", "last night", "exit", "data until", "in the nation")
    # One line per province, whatever its name.
    table.columns[1].no_wrap, table.columns[1].overflow = True, "ellipsis"
    for province in provinces:
        table.add_row(*_line(province, published))
    console.print()
    console.print(table)


def _line(province: Province, published: dict[str, tuple[str | None, str | None]]) -> list[str]:
    night = last_night(province.home)
    own = current_publication(province.home)
    pinned, reason = published.get(province.code, (None, "not yet"))
    if own is None:
        state = "never published"
    elif pinned != own.publication_id:
        state = "newer waits" if reason is None else reason.replace("_", " ")
    else:
        state = "yes" if reason is None else reason.replace("_", " ")
    ended = "" if night is None or night.exit_code is None else str(night.exit_code)
    if night is not None and not night.is_finished:
        ended = "runs" if is_running(province.home, night) else "killed"
    return [
        province.code,
        read_identity(province.home.registry, local_now().date()).name or "",
        f"{night.started_at:%d/%m %H:%M}" if night else "none",
        ended,
        f"{own.as_of_date:%d/%m/%Y}" if own else "",
        state,
    ]


def _published(home: Home) -> dict[str, tuple[str | None, str | None]]:
    """Returns by code what the nation's publication says of a province: its publication, and why it is left out."""
    if not (home.current / DATABASE).exists():
        return {}
    with duckdb.connect(str(home.current / DATABASE), read_only=True) as connection:
        rows = connection.execute("SELECT province_code, publication_id, inclusion_reason FROM national.province")
        return {code: (publication_id, reason) for code, publication_id, reason in rows.fetchall()}
