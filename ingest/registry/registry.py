"""The registry of one province: checked before anything runs, then written as Parquet for dbt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.contract import load_contracts
from ingest.registry.calendar import CalendarOverride, working_calendar
from ingest.registry.checks import check_relations
from ingest.registry.declaration import declaration
from ingest.registry.levels import level_table
from ingest.registry.tables import RegistryProblem, Row, TableContent, read_table
from ingest.values.arrow import text_array

__all__ = ["RegistryError", "RegistryProblem", "check_registry", "write_registry"]


SOURCE_LIST = "source"


class RegistryError(Exception):
    """The registry cannot be used; `problems` has every fault, the message lists them line by line."""

    def __init__(self, folder: Path, problems: list[RegistryProblem]) -> None:
        self.problems = problems
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"The registry in {folder} has {count}:", *map(str, problems)]))


def check_registry(folder: Path) -> list[RegistryProblem]:
    """Returns every fault of the registry's CSV files, by file and line; empty when there is none."""
    return _problems(_read(folder))


def write_registry(folder: Path, target: Path, calendar_until: date) -> None:
    """Checks the registry, then writes `target/<table>.parquet` per table, and the calendar and the levels beside them.

    `criteria_levels` says of every criterion which rows of its set it stands under (`ingest.registry.levels`). Columns
    have the types that they are declared with; an empty cell is NULL. The calendar (`ingest.registry.calendar`)
    has every day from the earliest `calendar_from` of the policy parameters to `calendar_until`. Each file is replaced
    atomically. Raises RegistryError with all problems, and then writes nothing.
    """
    contents = _read(folder)
    problems = _problems(contents)
    if problems:
        raise RegistryError(folder, problems)
    tables = {name: _typed(content) for name, content in contents.items()}
    tables["calendar"] = _calendar(contents, calendar_until)
    tables["criteria_levels"] = level_table(row.cells for row in contents["criteria"].rows)
    target.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        _replace(target / f"{name}.parquet", table)


def _read(folder: Path) -> dict[str, TableContent]:
    declared = declaration()
    contents = {name: read_table(folder, table) for name, table in declared.tables.items()}
    _add_source_labels(contents["labels"])
    check_relations(contents, declared)
    return contents


def _add_source_labels(labels: TableContent) -> None:
    """Adds the list `source` from the titles of the contracts, so that the CSV need not repeat them."""
    for row in labels.rows:
        if row.cells["list_name"] == SOURCE_LIST:
            labels.report(row, "list_name", "is filled from the source contracts", "Remove the row")
    if labels.is_complete:
        labels.rows = [row for row in labels.rows if row.cells["list_name"] != SOURCE_LIST] + source_labels()


def source_labels() -> list[Row]:
    """Returns a label for every source, on no line of the file."""
    return [
        Row(
            0,
            {
                "list_name": SOURCE_LIST,
                "value": contract.source,
                "label_vi": contract.title_vi,
                "label_en": contract.title_en,
                "sort_order": str(order),
            },
        )
        for order, contract in enumerate(load_contracts().values(), start=1)
    ]


def _problems(contents: Mapping[str, TableContent]) -> list[RegistryProblem]:
    found = [problem for content in contents.values() for problem in content.problems]
    return sorted(found, key=lambda problem: (problem.file, problem.line or 0))


def _typed(content: TableContent) -> pa.Table:
    columns = content.table.columns
    return pa.table(
        {
            name: text_array(row.cells[name] or None for row in content.rows).cast(column.value_type.arrow)
            for name, column in columns.items()
        }
    )


def _calendar(contents: Mapping[str, TableContent], until: date) -> pa.Table:
    parameters = [row.cells for row in contents["policy_parameters"].rows]
    first = min(date.fromisoformat(row["value"]) for row in parameters if row["parameter"] == "calendar_from")
    overrides = [
        CalendarOverride(
            date.fromisoformat(row.cells["calendar_date"]),
            row.cells["is_working_day"] == "1",
            row.cells["holiday_name"] or None,
            row.cells["source_document"],
        )
        for row in contents["calendar_overrides"].rows
    ]
    return working_calendar(first, until, overrides)


def _replace(path: Path, table: pa.Table) -> None:
    staged = path.with_name(path.name + ".tmp")
    pq.write_table(table, staged, compression="zstd")
    staged.replace(path)
