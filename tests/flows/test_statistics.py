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
create table intermediate.int_assessment_slopes as
    select 2015 as year, 'A' as agency_id, '' as factor_code, 0.5 as slope;
create table intermediate.int_assessment_rated as from (
    values (2015, 'A', 75.0, 'ranked', false, 0.0, null::double), (2015, 'B', null, 'not_eligible', false, null, null)
) as t (year, agency_id, official_pct, rank_status, is_ranked_overall, floor_pct, next_floor_pct);
create schema core;
create table core.fct_criterion_score as from (
    values (2015, 'S', 'A', 'so', 'L1', '1', 'input', 5::decimal(11, 6), 4::decimal(11, 6), 3::decimal(11, 6), true),
        (2015, 'S', 'A', 'so', 'L1', '2', 'input', 3, null, 3, true),
        (2015, 'S', 'A', 'so', 'L1', '9', 'bonus', 2, 1, 0, true),
        (2015, 'S', 'B', 'so', 'L1', '1', 'input', 5, 4, null, true),
        (2015, 'S', 'B', 'so', 'L1', '2', 'input', 3, null, null, false),
        (2015, 'S', 'B', 'so', 'L1', '9', 'bonus', 2, null, null, true)
) as t (year, set_id, agency_id, cchc_group, area_code, criterion_code, kind, max_points, self_points, final_points,
    is_applicable);
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
        # The index moves by half a point with one per cent of the survey, of which the covariance is the variance.
        read = f"from '{tmp_path}/methods/{{}}.parquet'"
        ((se,),) = connection.sql("select se " + read.format("composite") + " where agency_id = 'A'").fetchall()
        ((variance,),) = connection.sql("select covariance " + read.format("survey_covariance")).fetchall()
        assert se == pytest.approx(0.5 * variance**0.5)
        assert se > 0
    assert counted == {
        "on_time_interval": 3, "turnaround": 1, "turnaround_curve": 1, "observed_expected": 2, "funnel": 2,
        "survey_precision": 2, "survey_covariance": 1, "survey_rank": 1, "survey_change": 1, "survey_mean": 1,
        "composite": 2, "index_by_rule": 22, "weight_sensitivity": 5, "pairwise": 0, "contributions": 2,
        "criterion_importance": 2, "self_assessment": 1, "survey_quality": 1,
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
