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
create table intermediate.int_survey_policies as from (
    values (2015, date '2015-12-31', 0.05, 10::bigint, 30::bigint, 30.0, 0.3, 1.3, 8::bigint, 4.0, 3::bigint, 3::bigint,
        200::bigint, 'agency_mean')
) as t (year, decided_date, alpha, n_min_publish, n_min_rank, n_eff_min, kg_width_max, kg_rel_max, df_min, moderated_d0,
    n_min_shrink, top_k, holm_max_units, mean_basis);
create table intermediate.int_survey_scores as
    select 2015 as year, 'A' as agency_id, 'Q' as questionnaire_id, 'v1' as questionnaire_version,
        cast(null as varchar) as factor_code, unnest(['mean_minmax', 'mean_of_five']) as index_form,
        40::bigint as n_valid, 3.0 as numerator, 4.0 as denominator;
create table intermediate.int_survey_fieldwork as
    select 2015 as year, 'A' as agency_id, 'Q' as questionnaire_id, 'v1' as questionnaire_version,
        true as is_in_index, cast(null as double) as declared_weight;
create table intermediate.int_survey_stratum_moments as
    select 2015 as year, 'A' as agency_id, 'Q' as questionnaire_id, 'v1' as questionnaire_version, '' as stratum,
        '' as factor_code, 40::bigint as n_psu, cast(null as double) as population_psu, 40::bigint as n_psu_answered,
        40::bigint as n_forms, 40.0::double as w_forms, 0.0::double as mean_mean, 15.6::double as deviation_mean,
        15.6::double as square_mean, 0.0::double as mean_top2, 0.0::double as deviation_top2,
        0.0::double as square_top2,
        0.0::double as mean_pooled, 0.0::double as deviation_pooled, 0.0::double as square_pooled,
        0.0::double as mean_respondent, 0.0::double as deviation_respondent, 0.0::double as square_respondent,
        0.0::double as mean_all, 0.0::double as deviation_all, 0.0::double as square_all;
create table intermediate.int_survey_stratum_products as
    select 2015 as year, 'A' as agency_id, 'Q' as questionnaire_id, 'v1' as questionnaire_version, '' as stratum,
        'mean_minmax' as index_form, '' as factor_code, '' as other_factor_code, 15.6::double as products;
create table intermediate.int_survey_index_compared as
    select 2015 as year, 'A' as agency_id, 'agencies' as population, 'so' as block_code,
        cast(null as varchar) as district_code, 'mean_minmax' as index_form, 75.0::double as estimate_pct,
        'ok' as estimate_status, 'ranked' as rank_status, cast(null as varchar) as comparison_reason,
        'A' as previous_agency_id;
create table intermediate.int_survey_mean_members as
    select 2015 as year, 'block' as mean_kind, 'so' as group_code, 'mean_minmax' as index_form, 'A' as agency_id,
        1::bigint as mean_weight;
create table intermediate.int_survey_means as
    select 2015 as year, 'block' as mean_kind, 'so' as group_code, 'mean_minmax' as index_form,
        75.0::double as estimate_pct, false as has_previous;
create table intermediate.int_survey_reliability as
    select 2015 as year, 'A' as agency_id, 'Q' as questionnaire_id, 'v1' as questionnaire_version, '' as factor_code,
        2::bigint as n_items, 40::bigint as n_forms, 2.0::double as item_variances, 4.0::double as total_variance;
create table intermediate.int_survey_investigators as
    select 2015 as year, 'A' as agency_id, 'Q' as questionnaire_id, 'v1' as questionnaire_version,
        2::bigint as n_investigators, 40::bigint as n_forms, 800::bigint as sum_of_squared_sizes,
        0.0::double as between_squares, 1.0::double as within_squares;
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
        "survey_precision": 2, "survey_covariance": 1, "survey_rank": 1, "survey_change": 1, "survey_mean": 1,
        "survey_quality": 1,
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
