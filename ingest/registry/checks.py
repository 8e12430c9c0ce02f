"""Checks relations between rows of the registry: keys, validity, references, closed lists, aliases."""

from __future__ import annotations

from collections.abc import Mapping, Set

from ingest.registry.correction_checks import check_corrections
from ingest.registry.criteria_checks import check_criteria
from ingest.registry.declaration import Column, Declaration, Reference
from ingest.registry.questionnaire_checks import check_questionnaires
from ingest.registry.tables import Row, TableContent, are_dates, check_cell, groups, overlaps
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
                _check_closed_list(content, column, readable["labels"])
    if "labels" in readable:
        _check_label_lists(readable["labels"], declared.lists)
    if "policy_parameters" in readable:
        # A province without bands rates nobody, and needs no scheme.
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
        for row in content.rows:
            _check_interval(content, row)
    for key, rows in groups(content.rows, lambda row: tuple(row.cells[name] for name in table.key)):
        same = " + ".join(repr(part) for part in key)
        seen: dict[str, Row] = {}
        for row in rows:
            first = seen.setdefault(row.cells["valid_from"] if table.dated else "", row)
            if first is not row:
                reason = f"has the key of line {first.line} again ({same})"
                content.report(row, table.key[0], reason, "Remove one of the two rows")
        for earlier, row in overlaps(seen.values()) if table.dated else ():
            reason = f"overlaps the validity of line {earlier.line} of the same key ({same})"
            content.report(row, "valid_from", reason, "End one row (valid_to) where the next begins (valid_from)")


def _check_interval(content: TableContent, row: Row) -> None:
    start, end = row.cells["valid_from"], row.cells["valid_to"]
    if end and are_dates(start, end) and end <= start:
        reason = f"is not after valid_from {start}"
        content.report(row, "valid_to", reason, "Give the first day on which the row is no longer valid, or nothing")


def _check_reference(content: TableContent, reference: Reference, there: TableContent) -> None:
    known = {tuple(row.cells[name] for name in reference.columns.values()) for row in there.rows}
    *others, (column, target) = reference.columns.items()
    for row in content.rows:
        values = tuple(row.cells[name] for name in reference.columns)
        if all(values) and values not in known:
            beside = " and ".join(f"{name_there} '{row.cells[name]}'" for name, name_there in others)
            reason = f"is not a {target} of {there.table.file}" + (f" with {beside}" if beside else "")
            content.report(row, column, reason, f"Correct it, or add it to {there.table.file} first")


def _check_closed_list(content: TableContent, column: Column, labels: TableContent) -> None:
    allowed = [row.cells["value"] for row in labels.rows if row.cells["list_name"] == column.values]
    for row in content.rows:
        unknown = [value for value in column.values_of(row.cells[column.name]) if value not in allowed]
        if unknown:
            named = f"has {unknown[0]}, which is" if column.type == "list" else "is"
            reason = f"{named} not in the list {column.values} of labels.csv"
            content.report(row, column.name, reason, f"Use one of: {', '.join(allowed) or '(the list is empty)'}")


def _check_label_lists(labels: TableContent, lists: Mapping[str, tuple[str, ...]]) -> None:
    present = dict(groups(labels.rows, lambda row: row.cells["list_name"]))
    for name, values in lists.items():
        rows = present.get(name, [])
        held = {row.cells["value"] for row in rows}
        if not rows:
            wanted = f" with the values {', '.join(values)}" if values else ""
            labels.report_file(None, "list_name", f"the list {name} is missing", f"Add its rows{wanted}")
        else:
            for value in values:
                if value not in held:
                    reason = f"the list {name} has no label for {value}"
                    labels.report_file(None, "value", reason, f"Add a row {name},{value} with both labels")
        for row in rows:
            if values and row.cells["value"] not in values:
                labels.report(row, "value", f"is not a value of the list {name}", f"Use one of: {', '.join(values)}")


def _check_parameters(content: TableContent, parameters: Mapping[str, Column], dispensable: Set[str]) -> None:
    present = {row.cells["parameter"] for row in content.rows}
    for name in parameters:
        if name not in present | dispensable:
            content.report_file(None, "parameter", f"the parameter {name} is missing", "Add a row for it")
    for row in content.rows:
        name = row.cells["parameter"]
        if name in parameters:
            check_cell(content, row, "value", parameters[name])
        else:
            content.report(row, "parameter", "is not a known parameter", f"Use one of: {', '.join(parameters)}")


def _check_aliases(content: TableContent) -> None:
    for name, rows in groups(content.rows, lambda row: normalise_name(row.cells["alias"])):
        for earlier, row in overlaps(rows):
            one, other = earlier.cells["agency_id"], row.cells["agency_id"]
            if one != other:
                reason = f"leads to {other}, and on line {earlier.line} to {one}, on the same day (read as '{name}')"
                content.report(row, "alias", reason, "Keep it for one agency, or give the two rows separate dates")


def _check_periods(content: TableContent) -> None:
    for row in content.rows:
        start, end = row.cells["start_date"], row.cells["end_date"]
        if are_dates(start, end) and end < start:
            reason = f"is before start_date {start}"
            content.report(row, "end_date", reason, "Give the last day of the period")
