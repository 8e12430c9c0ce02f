"""The registry of one province: checked before anything runs, then written as Parquet for dbt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.registry.calendar import CalendarOverride, working_calendar
from ingest.registry.checks import check_relations
from ingest.registry.completion import complete
from ingest.registry.declaration import declaration
from ingest.registry.features import feature_table
from ingest.registry.levels import level_table
from ingest.registry.messages import Language
from ingest.registry.problems import RegistryProblem, describe_problems, title
from ingest.registry.scales import scale_table
from ingest.registry.tables import TableContent, read_table
from ingest.values.arrow import text_array

__all__ = ["RegistryError", "RegistryProblem", "check_registry", "write_registry"]


class RegistryError(Exception):
    """The registry cannot be used; `problems` has every fault, the message a line for each cause."""

    def __init__(self, folder: Path, problems: list[RegistryProblem], language: Language = "en") -> None:
        self.problems = problems
        lines = [title(folder, len(problems), language), *describe_problems(problems, language)]
        super().__init__("\n  ".join(lines))


def check_registry(folder: Path) -> list[RegistryProblem]:
    """Returns every fault of the registry's CSV files, by file and line; empty when there is none."""
    return _problems(_read(folder))


def write_registry(folder: Path, target: Path, calendar_until: date, language: Language = "en") -> None:
    """Checks the registry, then writes `target/<table>.parquet` per table, and what follows from them beside.

    `criteria_levels` says of every criterion which rows of its set it stands under (`ingest.registry.levels`),
    `agency_features` what each agency has, `scales` the lowest, highest and least satisfied answer of a scale. Columns
    have the types that they are declared with; an empty cell is NULL. The calendar (`ingest.registry.calendar`)
    has every day from the earliest `calendar_from` of the policy parameters to `calendar_until`. Each file is replaced
    atomically. Raises RegistryError with all problems, and then writes nothing.
    """
    contents = _read(folder)
    problems = _problems(contents)
    if problems:
        raise RegistryError(folder, problems, language)
    tables = {name: _typed(content) for name, content in contents.items()}
    tables["calendar"] = _calendar(contents, calendar_until)
    tables["agency_features"] = feature_table(row.cells for row in contents["agencies"].rows)
    tables["scales"] = scale_table(row.cells for row in contents["scale_labels"].rows)
    tables["criteria_levels"] = level_table(row.cells for row in contents["criteria"].rows)
    target.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        _replace(target / f"{name}.parquet", table)


def _read(folder: Path) -> dict[str, TableContent]:
    declared = declaration()
    contents = {name: read_table(folder, table) for name, table in declared.tables.items()}
    complete(contents, declared)
    check_relations(contents, declared)
    return contents


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
