"""The statistics computed between the two dbt selections of a night: their counts and their tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.build.survey_statistics import SURVEY_QUERIES, SURVEY_TABLES, survey_statistics
from methods.case_mix import observed_expected
from methods.composite.self_assessment import self_assessment
from methods.composite.tables import TABLES as COMPOSITE
from methods.composite.tables import composite
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


# What the marts of the CCHC index need besides the models that they are built from.
CCHC_STATISTICS = (
    # alpha is that of each survey year.
    Statistic(SURVEY_TABLES, SURVEY_QUERIES, lambda *counted: survey_statistics(*counted[:-1])),
    Statistic(
        COMPOSITE,
        (
            # The error that surveys bring into the index is 0 without survey points, and NULL where one of the
            # covariances is not known (methods §5.4).
            """
            with errors as (
                select
                    p.year, p.agency_id,
                    case
                        when count(*) = count(c.covariance)
                            then sqrt(greatest(sum(p.slope * q.slope * c.covariance), 0))
                    end as survey_se
                from intermediate.int_assessment_slopes as p
                inner join intermediate.int_assessment_slopes as q on p.year = q.year and p.agency_id = q.agency_id
                left join survey_covariance as c
                    on
                        p.year = c.year and p.agency_id = c.agency_id
                        and p.factor_code = c.factor_code and q.factor_code = c.other_factor_code
                group by p.year, p.agency_id
            )

            select
                s.year, s.set_id, s.agency_id, s.cchc_group, s.area_code, s.criterion_code, s.max_points,
                s.final_points, s.is_applicable, r.official_pct,
                r.rank_status in ('ranked', 'ranked_marked') as is_ranked, r.is_ranked_overall,
                case when e.agency_id is null then 0.0 else e.survey_se end as survey_se, r.floor_pct, r.next_floor_pct
            from core.fct_criterion_score as s
            inner join intermediate.int_assessment_rated as r on s.year = r.year and s.agency_id = r.agency_id
            left join errors as e on s.year = e.year and s.agency_id = e.agency_id
            where s.kind not in ('bonus', 'penalty')
            order by all
            """,
        ),
        composite,
    ),
    Statistic(
        ("self_assessment",),
        (
            """
            select
                year, agency_id, cchc_group, criterion_code, max_points, self_points, final_points as appraised_points
            from core.fct_criterion_score
            where
                kind not in ('bonus', 'penalty') and is_applicable
                and self_points is not null and final_points is not null
            order by all
            """,
        ),
        lambda cells, alpha: (self_assessment(cells, alpha),),
    ),
)

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
    *CCHC_STATISTICS,
    Statistic(
        ("survey_quality",),
        (
            "select * from intermediate.int_survey_reliability order by all",
            "select * from intermediate.int_survey_investigators order by all",
        ),
        lambda reliability, investigators, _: (survey_quality(reliability, investigators),),
    ),
)


def write_statistics(
    connection: duckdb.DuckDBPyConnection, folder: Path, alpha: float, statistics: Sequence[Statistic] = STATISTICS
) -> list[str]:
    """Computes statistics from a build database and writes them as Parquet; returns the names of the tables.

    A query reads the tables of the statistics before it by their names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for statistic in statistics:
        counted = (connection.sql(query).to_arrow_table() for query in statistic.queries)
        tables = statistic.compute(*counted, alpha)
        for name, table in zip(statistic.names, tables, strict=True):
            connection.register(name, table)
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    return [name for statistic in statistics for name in statistic.names]
