"""Suggests aliases similar to unknown names of agencies; a person decides, nothing is applied."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from expectations.rules import load_rules
from flows.failures import UsageError
from ingest.contract import ColumnType, load_contracts
from ingest.privacy import MASK
from ingest.registry.completion import known_names
from ingest.vietnamese.text import normalise_name
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.landing import quarantine_folder
from warehouse.ledger import Ledger, LoadRecord

_MOST, _LEAST_LIKE = 3, 0.6


@dataclass(frozen=True)
class Suggestion:
    """An unresolved name, its number of rows, and similar aliases as rows of agency_aliases.csv, best first.

    `is_known`: the name itself is an alias, but was not valid on the day of the row.
    """

    source: str
    name: str
    n_rows: int
    nearest: list[dict[str, str]]
    is_known: bool


def suggest_aliases(home: Home, registry: Path, load_seq: int | None = None) -> list[Suggestion]:
    """Suggestions for the rows that one load, or every load, set aside for an agency; the most frequent names first.

    `registry` is the folder of the CSV files. Raises UsageError when there is no such load.
    """
    loads = Ledger(home).loads()
    if load_seq is not None:
        loads = [load for load in loads if load.load_seq == load_seq]
        if not loads:
            raise UsageError(f"there is no load {load_seq}; cchc quarantine list shows the numbers")
    counted = Counter(name for load in loads for name in _unresolved(home, load))
    aliases = {normalise_name(row["alias"]): row for row in known_names(registry)}
    return [
        Suggestion(source, name, n_rows, _nearest(name, aliases), normalise_name(name) in aliases)
        for (source, name), n_rows in counted.most_common()
    ]


def show_suggestions(console: Console, suggestions: Sequence[Suggestion]) -> None:
    """Print, for each name, lines that can be copied into agency_aliases.csv."""
    if not suggestions:
        console.print("No row is set aside for the name of an agency.")
        return
    console.print("alias,agency_id,valid_from,valid_to,basis", soft_wrap=True)
    for one in suggestions:
        status = "known, but not on the day of the row" if one.is_known else "unknown"
        console.print(f"# «{one.name}» ({one.source}, {one.n_rows} rows): {status}", soft_wrap=True)
        for alias in one.nearest:
            line = _csv_line([one.name, alias["agency_id"], alias["valid_from"], alias["valid_to"], "written_in_files"])
            console.print(f"{line}    # like «{alias['alias']}»", soft_wrap=True)
        if not one.nearest:
            console.print("#   no similar alias", soft_wrap=True)
    console.print(
        "\nNothing was changed: copy the correct line of each name, without its comment, to agency_aliases.csv."
    )


def _unresolved(home: Home, load: LoadRecord) -> list[tuple[str, str]]:
    """Returns (source, name) of every row set aside by a rule about an agency column."""
    path = quarantine_folder(home, load.source, load.load_id) / "rows.parquet"
    contract, rules = load_contracts().get(load.source), load_rules().get(load.source)
    if contract is None or rules is None or not path.exists():
        return []
    agencies = {column.name: column.shown_name for column in contract.columns if column.type is ColumnType.AGENCY}
    about = {rule.code: rule.columns_among(agencies) for rule in rules.rules}
    with connect() as connection:
        rows = connection.execute("select rule_codes, detail from read_parquet(?)", [str(path)]).fetchall()
    found = []
    for codes, detail in rows:
        for column in {name for code in codes.split(";") for name in about.get(code, [])}:
            match = re.search(f"cột «{re.escape(agencies[column])}» ghi «(.*?)»(?:;|$)", detail or "")
            # Of a name that does not begin as that of an office only the length is stored.
            if match and MASK not in match[1]:
                found.append((load.source, match[1]))
    return found


def _nearest(name: str, aliases: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    """Returns the most similar alias of each of at most three agencies."""
    alike = difflib.get_close_matches(normalise_name(name), aliases, n=4 * _MOST, cutoff=_LEAST_LIKE)
    by_agency: dict[str, dict[str, str]] = {}
    for key in alike:
        by_agency.setdefault(aliases[key]["agency_id"], aliases[key])
    return list(by_agency.values())[:_MOST]


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
