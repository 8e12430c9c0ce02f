"""What a registry has without a row of its own: labels of the code, default parameters, official names as aliases."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from ingest.contract import load_contracts
from ingest.registry.declaration import FEATURE_PREFIX, Declaration, declaration
from ingest.registry.tables import NO_LINE, Row, TableContent, are_dates, groups, overlaps, read_table
from ingest.vietnamese.text import normalise_name

CODE_LABELS = Path(__file__).with_name("labels.csv")
SOURCE_LIST = "source"
_ALWAYS = "1900-01-01"


def complete(contents: Mapping[str, TableContent], declared: Declaration) -> None:
    """Adds the rows that need not be written, to the tables that could be read."""
    readable = {name: content for name, content in contents.items() if content.is_complete}
    if "labels" in readable:
        _add_labels(readable["labels"])
    if "labels" in readable and "agencies" in readable:
        _add_reasons(readable["labels"], readable["agencies"])
    if "policy_parameters" in readable:
        _add_parameters(readable["policy_parameters"], declared)
    if "agency_aliases" in readable and "agencies" in readable:
        _add_official_names(readable["agency_aliases"], readable["agencies"])


@cache
def code_labels() -> tuple[dict[str, str], ...]:
    """Returns the labels that ship with the code: of every value that the code writes, and of the sources."""
    with CODE_LABELS.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    sources = (
        {
            "list_name": SOURCE_LIST,
            "value": contract.source,
            "label_vi": contract.title_vi,
            "label_en": contract.title_en,
            "sort_order": str(order),
        }
        for order, contract in enumerate(load_contracts().values(), start=1)
    )
    return (*written, *sources)


def features_of(agencies: TableContent) -> list[str]:
    """Returns what the agencies of a registry are said to have or not, without the prefix of the column."""
    return [name.removeprefix(FEATURE_PREFIX) for name in agencies.features]


def known_names(registry: Path) -> list[dict[str, str]]:
    """Returns the rows of agency_aliases.csv and the official names, from the CSV files of a registry."""
    tables = declaration().tables
    aliases, agencies = (read_table(registry, tables[name]) for name in ("agency_aliases", "agencies"))
    _add_official_names(aliases, agencies)
    return [row.cells for row in aliases.rows]


def _add_labels(labels: TableContent) -> None:
    for row in labels.rows:
        if row.cells["list_name"] == SOURCE_LIST:
            labels.report(row, "list_name", "list_of_contracts")
    own = {(row.cells["list_name"], row.cells["value"]) for row in labels.rows}
    added = [Row(NO_LINE, cells) for cells in code_labels() if (cells["list_name"], cells["value"]) not in own]
    labels.rows = [*added, *labels.rows]


def _add_reasons(labels: TableContent, agencies: TableContent) -> None:
    """A criterion that requires a feature is excluded for agencies without it: the reason has a label too."""
    known = {(row.cells["list_name"], row.cells["value"]): row.cells for row in labels.rows}
    for feature in features_of(agencies):
        required, reason = known.get(("requires", feature)), ("exclusion_reason", f"no_{feature}")
        if required and reason not in known:
            texts = {"label_vi": f"Không có: {required['label_vi']}", "label_en": f"Lacks: {required['label_en']}"}
            named = {"list_name": reason[0], "value": reason[1], "sort_order": required["sort_order"]}
            labels.rows.append(Row(NO_LINE, {**named, **texts}))


def _add_parameters(parameters: TableContent, declared: Declaration) -> None:
    """The default holds wherever no row does."""
    given = dict(groups(parameters.rows, lambda row: row.cells["parameter"]))
    for name, column in declared.parameters.items():
        if column.default is None:
            continue
        for start, end in _gaps(given.get(name, [])):
            cells = {"parameter": name, "value": column.default, "valid_from": start, "valid_to": end}
            parameters.rows.append(Row(NO_LINE, {**cells, "basis": "methods §2.3"}))


def _gaps(rows: list[Row]) -> Iterator[tuple[str, str]]:
    """The times in which no row holds, as valid_from and valid_to."""
    free_from = _ALWAYS
    for start, end in sorted((row.cells["valid_from"], row.cells["valid_to"]) for row in rows):
        if not are_dates(start, end):
            return
        if free_from < start:
            yield free_from, start
        if not end:
            return
        free_from = max(free_from, end)
    yield free_from, ""


def _add_official_names(aliases: TableContent, agencies: TableContent) -> None:
    """A name that several agencies bear on one day leads nowhere: files have to write more than that."""
    for _, rows in groups(agencies.rows, lambda row: normalise_name(row.cells["agency_name"])):
        if any(one.cells["agency_id"] != other.cells["agency_id"] for one, other in overlaps(rows)):
            continue
        for row in rows:
            cells = {name: row.cells[name] for name in ("agency_id", "valid_from", "valid_to", "basis")}
            if row.cells["agency_name"]:
                aliases.rows.append(Row(NO_LINE, {**cells, "alias": row.cells["agency_name"]}))
