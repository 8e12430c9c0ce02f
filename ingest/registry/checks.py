"""Checks relations between rows of the registry: keys, validity, references, closed lists, aliases."""

from __future__ import annotations

from collections.abc import Mapping, Set

from ingest.registry.completion import code_labels
from ingest.registry.correction_checks import check_corrections
from ingest.registry.criteria_checks import check_criteria
from ingest.registry.declaration import Column, Declaration, Reference
from ingest.registry.questionnaire_checks import check_questionnaires
from ingest.registry.tables import NO_LINE, Row, TableContent, are_dates, check_cell, groups, overlaps
from ingest.vietnamese.text import normalise_name


def check_relations(contents: Mapping[str, TableContent], declared: Declaration) -> None:
    """Checks all tables that could be read, each against itself and the others; problems are added to `contents`."""
    readable = {name: content for name, content in contents.items() if content.is_complete}
    for content in readable.values():
        _check_keys(content)
        for reference in content.table.references:
            if reference.table in readable:
                _check_reference(content, reference, readable[reference.table])
        for column in content.table.columns.values():
            if column.values and "labels" in readable:
                _check_closed_list(content, column, readable["labels"], is_open=column.values in declared.open_lists)
    if "policy_parameters" in readable:
        # A province without bands has no ratings and needs no scheme.
        is_unrated = "rating_bands" in readable and not readable["rating_bands"].rows
        _check_parameters(
            readable["policy_parameters"], declared.parameters, {"rating_scheme"} if is_unrated else set()
        )
    if "agency_aliases" in readable:
        _check_aliases(readable["agency_aliases"])
    if "periods" in readable:
        _check_periods(readable["periods"])
    check_criteria(readable)
    check_questionnaires(readable)
    check_corrections(readable)


def _check_keys(content: TableContent) -> None:
    table = content.table
    if "valid_to" in table.columns:
        for row in content.written:
            _check_interval(content, row)
    for key, rows in groups(content.written, lambda row: tuple(row.cells[name] for name in table.key)):
        same = " + ".join(repr(part) for part in key)
        seen: dict[str, Row] = {}
        for row in rows:
            first = seen.setdefault(row.cells["valid_from"] if table.dated else "", row)
            if first is not row:
                content.report(row, table.key[0], "repeated_key", other=first.line, key=same)
        for earlier, row in overlaps(seen.values()) if table.dated else ():
            content.report(row, "valid_from", "overlapping", other=earlier.line, key=same)


def _check_interval(content: TableContent, row: Row) -> None:
    start, end = row.cells["valid_from"], row.cells["valid_to"]
    if end and are_dates(start, end) and end <= start:
        content.report(row, "valid_to", "ends_before_begin", start=start)


def _check_reference(content: TableContent, reference: Reference, there: TableContent) -> None:
    known = {tuple(row.cells[name] for name in reference.columns.values()) for row in there.rows}
    *others, (column, target) = reference.columns.items()
    for row in content.written:
        values = tuple(row.cells[name] for name in reference.columns)
        if all(values) and values not in known:
            details = {"target": target, "there": there.table.file}
            cause = "dangling"
            if others:
                cause = "dangling_with"
                details["beside"] = ", ".join(f"{name_there} '{row.cells[name]}'" for name, name_there in others)
            content.report(row, column, cause, about=there.table.file, **details)


def _check_closed_list(content: TableContent, column: Column, labels: TableContent, *, is_open: bool) -> None:
    """A value of the province's own is allowed in the lists that are open; in the others only what the code knows."""
    listed = [
        row.cells["value"]
        for row in labels.rows
        if row.cells["list_name"] == column.values and (is_open or row.line == NO_LINE or _is_of_code(row))
    ]
    for row in content.written:
        unknown = [value for value in column.values_of(row.cells[column.name]) if value not in listed]
        if not unknown:
            continue
        details = {"list": column.values, "allowed": ", ".join(listed), "member": unknown[0]}
        cause = "list_is_empty" if not listed else "member_not_in_list" if column.type == "list" else "not_in_list"
        content.report(row, column.name, cause, about=column.values, **details)


def _is_of_code(row: Row) -> bool:
    return any(
        (label["list_name"], label["value"]) == (row.cells["list_name"], row.cells["value"]) for label in code_labels()
    )


def _check_parameters(content: TableContent, parameters: Mapping[str, Column], dispensable: Set[str]) -> None:
    present = {row.cells["parameter"] for row in content.rows}
    for name, declared in parameters.items():
        if name not in present | dispensable and not declared.optional:
            content.report_file(None, "parameter", "parameter_missing", parameter=name)
    for row in content.rows:
        name = row.cells["parameter"]
        if name in parameters:
            check_cell(content, row, "value", parameters[name])
        else:
            content.report(row, "parameter", "parameter_unknown", allowed=", ".join(parameters))


def _check_aliases(aliases: TableContent) -> None:
    for name, rows in groups(aliases.rows, lambda row: normalise_name(row.cells["alias"])):
        for earlier, row in overlaps(rows):
            one, another = row.cells["agency_id"], earlier.cells["agency_id"]
            if one == another:
                continue
            if row.line == NO_LINE:
                aliases.report(earlier, "alias", "alias_is_a_name", one=another, another=one, name=name)
            else:
                aliases.report(row, "alias", "alias_of_two", one=one, another=another, other=earlier.line, name=name)


def _check_periods(content: TableContent) -> None:
    for row in content.rows:
        start, end = row.cells["start_date"], row.cells["end_date"]
        if are_dates(start, end) and end < start:
            content.report(row, "end_date", "period_ends_before_begin", start=start)
