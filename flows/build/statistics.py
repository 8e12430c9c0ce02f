"""The statistics computed between the two dbt selections of a night: their counts and their tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from methods.case_mix import observed_expected
from methods.funnel import funnel
from methods.proportions import on_time_interval
from methods.survival import turnaround


@dataclass(frozen=True)
class Statistic:
    """Tables that one function of `methods/` computes from counts and alpha.

    The rows of the counts have a fixed order, so that equal counts give identical digits.
    """

    names: tuple[str, ...]
    query: str
    compute: Callable[[pa.Table, float], tuple[pa.Table, ...]]


STATISTICS = (
    Statistic(
        ("on_time_interval",),
        """
        select period_kind, period_key, agency_id, n_due_on_time, n_due_cohort
        from intermediate.int_on_time_counted order by all
        """,
        lambda counted, alpha: (on_time_interval(counted, alpha),),
    ),
    Statistic(
        ("turnaround", "turnaround_curve"),
        """
        select year, agency_id, entry_days, exit_days, exit_kind, n_dossiers
        from intermediate.int_turnaround_exits order by all
        """,
        turnaround,
    ),
    Statistic(
        ("observed_expected",),
        """
        select year, agency_id, cchc_group, procedure_code, n_due_cohort, n_late
        from intermediate.int_case_mix_cells order by all
        """,
        lambda cells, alpha: (observed_expected(cells, alpha),),
    ),
    Statistic(
        ("funnel",),
        """
        select cast(period_key as bigint) as year, agency_id, n_due_cohort, n_due_on_time
        from intermediate.int_on_time_counted where period_kind = 'year' order by all
        """,
        lambda units, _: (funnel(units),),
    ),
)


def write_statistics(connection: duckdb.DuckDBPyConnection, folder: Path, alpha: float) -> list[str]:
    """Computes every statistic from a build database and writes it as Parquet; returns the names of the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for statistic in STATISTICS:
        tables = statistic.compute(connection.sql(statistic.query).to_arrow_table(), alpha)
        for name, table in zip(statistic.names, tables, strict=True):
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    return [name for statistic in STATISTICS for name in statistic.names]
