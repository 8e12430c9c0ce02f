"""The statistics computed between the two dbt selections of a night: their counts and their tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.build.survey_statistics import SURVEY_QUERIES, SURVEY_TABLES, survey_statistics
from methods.case_mix import observed_expected
from methods.funnel import funnel
from methods.proportions import on_time_interval
from methods.survey_quality import survey_quality
from methods.survival import turnaround


@dataclass(frozen=True)
class Statistic:
    """Tables that one function computes from the counts of some queries, in their order, and from alpha.

    The rows of the counts have a fixed order, so that equal counts give identical digits.
    """

    names: tuple[str, ...]
    queries: tuple[str, ...]
    compute: Callable[..., tuple[pa.Table, ...]]


STATISTICS = (
    Statistic(
        ("on_time_interval",),
        (
            """
            select period_kind, period_key, agency_id, n_due_on_time, n_due_cohort
            from intermediate.int_on_time_counted order by all
        """,
        ),
        lambda counted, alpha: (on_time_interval(counted, alpha),),
    ),
    Statistic(
        ("turnaround", "turnaround_curve"),
        (
            """
            select year, agency_id, entry_days, exit_days, exit_kind, n_dossiers
            from intermediate.int_turnaround_exits order by all
        """,
        ),
        turnaround,
    ),
    Statistic(
        ("observed_expected",),
        (
            """
            select year, agency_id, cchc_group, procedure_code, n_due_cohort, n_late
            from intermediate.int_case_mix_cells order by all
        """,
        ),
        lambda cells, alpha: (observed_expected(cells, alpha),),
    ),
    Statistic(
        ("funnel",),
        (
            """
            select cast(period_key as bigint) as year, agency_id, n_due_cohort, n_due_on_time
            from intermediate.int_on_time_counted where period_kind = 'year' order by all
        """,
        ),
        lambda units, _: (funnel(units),),
    ),
    # alpha is that of each survey year.
    Statistic(SURVEY_TABLES, SURVEY_QUERIES, lambda *counted: survey_statistics(*counted[:-1])),
    Statistic(
        ("survey_quality",),
        (
            "select * from intermediate.int_survey_reliability order by all",
            "select * from intermediate.int_survey_investigators order by all",
        ),
        lambda reliability, investigators, _: (survey_quality(reliability, investigators),),
    ),
)


def write_statistics(connection: duckdb.DuckDBPyConnection, folder: Path, alpha: float) -> list[str]:
    """Computes every statistic from a build database and writes it as Parquet; returns the names of the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for statistic in STATISTICS:
        counted = (connection.sql(query).to_arrow_table() for query in statistic.queries)
        tables = statistic.compute(*counted, alpha)
        for name, table in zip(statistic.names, tables, strict=True):
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    return [name for statistic in STATISTICS for name in statistic.names]
