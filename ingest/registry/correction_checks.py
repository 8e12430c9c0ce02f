"""Checks corrections.csv: every row names a cell of the contracts and a value that the cell can have."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

import duckdb

from ingest.contract import LANDED_TYPES, Column, ColumnType, Contract, load_contracts
from ingest.registry.corrections import KEY_SEPARATOR
from ingest.registry.messages import Text
from ingest.registry.tables import Row, TableContent, groups
from ingest.values.cell_sql import can_fail, failed_sql, parse_sql
from ingest.vietnamese.text import normalise_name, tidy

_NEEDED = ("agencies", "agency_aliases", "questionnaire_items", "scale_labels")


def check_corrections(contents: Mapping[str, TableContent]) -> None:
    """Checks the table against the source contracts, agencies and scales; problems are added to `contents`."""
    content = contents.get("corrections")
    if content is None or not content.rows or any(name not in contents for name in _NEEDED):
        return
    contracts = load_contracts()
    with duckdb.connect() as connection:
        for row in content.rows:
            contract = contracts.get(row.cells["source"])
            if contract is None:
                content.report(row, "source", "no_source", hint=_one_of(row.cells["source"], contracts))
            else:
                _check_key(content, row, contract, _values(contents["agencies"], "agency_id"), connection)
                _check_cell(content, row, contract, contents, connection)
    for _, rows in groups(content.rows, lambda row: tuple(tidy(row.cells[name]) for name in content.table.key)):
        first, *others = rows
        for row in others:
            if any(row.cells[name] != first.cells[name] for name in content.table.key):
                content.report(row, "expected_value", "corrected_twice", other=first.line)


def _check_key(
    content: TableContent,
    row: Row,
    contract: Contract,
    agencies: Collection[str],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    parts = row.cells["row_key"].split(KEY_SEPARATOR)
    wanted = KEY_SEPARATOR.join(contract.key)
    columns = [column for name in contract.key for column in contract.columns if column.name == name]
    if any(column.treatment == "key" for column in columns):
        content.report(row, "source", "key_is_personal")
    elif len(parts) != len(contract.key):
        content.report(row, "row_key", "no_key", key=wanted)
    elif faults := [
        c.name for c, part in zip(columns, parts, strict=True) if not _lands(c, part, agencies, connection)
    ]:
        content.report(row, "row_key", "no_value_of_key", columns=", ".join(faults), key=wanted)


def _lands(column: Column, part: str, agencies: Collection[str], connection: duckdb.DuckDBPyConnection) -> bool:
    if column.type is ColumnType.AGENCY:
        return part in agencies
    if column.type is ColumnType.CHOICE:
        return part in column.values
    landed = f"cast(try_cast($part as {LANDED_TYPES[column.type]}) as varchar) = $part"
    return bool(connection.execute(f"select {landed}", {"part": part}).fetchall()[0][0])


def _check_cell(
    content: TableContent,
    row: Row,
    contract: Contract,
    contents: Mapping[str, TableContent],
    connection: duckdb.DuckDBPyConnection,
) -> None:
    name, corrected = row.cells["column_name"], row.cells["corrected_value"]
    columns = {column.name: column for column in contract.columns}
    items = {item.cells["item_code"]: item for item in contents["questionnaire_items"].rows} if contract.items else {}
    if name in items:
        labels = [
            label for label in contents["scale_labels"].rows if label.cells["scale"] == items[name].cells["scale"]
        ]
        known = {normalise_name(label.cells["label"]) for label in labels}
        is_right = not corrected or normalise_name(corrected) in known
        wrong = ("no_label_of_scale", {"item": name})
    elif name not in columns:
        content.report(row, "column_name", "no_column", source=contract.source, hint=_one_of(name, [*columns, *items]))
        return
    else:
        column = columns[name]
        if name in contract.key or column.personal:
            cause = "part_of_key" if name in contract.key else "is_personal"
            content.report(row, "column_name", cause, kind=column.personal)
            return
        is_right = not corrected or _can_be(column, corrected, contents["agency_aliases"], connection)
        wrong = ("no_value_of_column", {"name": name, "type": column.type.value})
    if not is_right:
        content.report(row, "corrected_value", wrong[0], **wrong[1])
    elif tidy(row.cells["expected_value"]) == tidy(corrected):
        content.report(row, "corrected_value", "nothing_corrected")


def _can_be(column: Column, text: str, aliases: TableContent, connection: duckdb.DuckDBPyConnection) -> bool:
    if column.type is ColumnType.AGENCY:
        return normalise_name(text) in {normalise_name(alias) for alias in _values(aliases, "alias")}
    labels = [label for value, listed in column.values.items() for label in [value, *listed]]
    if labels and normalise_name(text) not in map(normalise_name, labels):
        return False
    if column.type in (ColumnType.CHOICE, ColumnType.BOOLEAN) or not can_fail(column):
        return True
    failed = failed_sql(column, parse_sql(column, "$text"), "$text")
    return not connection.execute(f"select {failed}", {"text": text}).fetchall()[0][0]


def _values(content: TableContent, column: str) -> set[str]:
    return {row.cells[column] for row in content.rows}


def _one_of(name: str, known: Collection[str]) -> Text:
    near = difflib.get_close_matches(name, known, n=1)
    return Text("perhaps", {"near": near[0]}) if near else Text("use_one_of", {"allowed": ", ".join(known)})
