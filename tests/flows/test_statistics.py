"""The step between the two dbt selections: from counts in a build database to the tables that staging reads."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from flows.build.statistics import STATISTICS, write_statistics
from methods.grouped import running
from tests.support.dbt_home import METHODS

COUNTS = """
create schema intermediate;
create table intermediate.int_on_time_counted as from (
    values ('month', '2015-01', 'A', 81::bigint, 263::bigint), ('year', '2015', 'A', 81, 263),
        ('year', '2015', 'B', 0, 0)
) as t (period_kind, period_key, agency_id, n_due_on_time, n_due_cohort);
create table intermediate.int_turnaround_exits as from (
    values (2015, 'A', 0::bigint, 4::bigint, 'finished', 3::bigint)
) as t (year, agency_id, entry_days, exit_days, exit_kind, n_dossiers);
create table intermediate.int_case_mix_cells as from (
    values (2015, 'A', 'so', 'P', 10::bigint, 1::bigint), (2015, 'B', null, 'P', 10, 3)
) as t (year, agency_id, cchc_group, procedure_code, n_due_cohort, n_late);
"""


def test_every_table_is_written_with_the_columns_that_staging_reads(tmp_path: Path):
    with duckdb.connect() as connection:
        connection.execute(COUNTS)
        written = write_statistics(connection, tmp_path / "methods", 0.05)
        assert written == list(METHODS)
        for name in written:
            described = connection.execute(f"describe from '{tmp_path}/methods/{name}.parquet'").fetchall()
            assert ", ".join(f"{column} {of.lower()}" for column, of, *_ in described) == METHODS[name]
        rows = {name: connection.sql(f"select count(*) from '{tmp_path}/methods/{name}.parquet'") for name in written}
        counted = {name: row.fetchall()[0][0] for name, row in rows.items()}
    assert counted == {
        "on_time_interval": 3, "turnaround": 1, "turnaround_curve": 1, "observed_expected": 2, "funnel": 2,
    }  # fmt: skip


def test_no_two_statistics_write_the_same_table():
    names = [name for statistic in STATISTICS for name in statistic.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("operation", [np.multiply, np.add])
def test_a_running_result_is_to_the_last_digit_that_of_each_group_alone(operation):
    parts = [np.random.default_rng(size).random(size) for size in (1, 40, 3, 40, 7)]
    ends = np.cumsum([len(part) for part in parts])
    first = np.repeat(ends - [len(part) for part in parts], [len(part) for part in parts])
    found = running(operation, np.concatenate(parts), first)
    assert np.array_equal(found, np.concatenate([operation.accumulate(part) for part in parts]))
