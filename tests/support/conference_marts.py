"""Published marts of a conference, built by hand: the empty tables, and a way to fill them row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

_COLUMNS = {
    "core.dim_criterion": "set_id VARCHAR, criterion_code VARCHAR, area_code VARCHAR, area_name VARCHAR, "
    "criterion_name VARCHAR, max_points DECIMAL(11, 6), kind VARCHAR, scored_by VARCHAR, is_leaf BOOLEAN",
    "core.dim_period": "period_id VARCHAR, period_name VARCHAR, period_kind VARCHAR, start_date DATE, end_date DATE",
    "satisfaction.index_by_agency": "year INTEGER, agency_id VARCHAR, population VARCHAR, block_code VARCHAR, "
    "index_form VARCHAR, is_official_form BOOLEAN, estimate_pct DOUBLE, n_planned BIGINT, n_valid BIGINT, "
    "score_rank INTEGER, block_rank INTEGER, estimate_status VARCHAR, rank_status VARCHAR, "
    "previous_estimate_pct DOUBLE, diff_points DOUBLE, ci_lo DOUBLE, ci_hi DOUBLE, rank_lo INTEGER, rank_hi INTEGER, "
    "tier INTEGER, estimate_eb_pct DOUBLE, p_holm DOUBLE, comparison_status VARCHAR",
    "satisfaction.item_distribution": "year INTEGER, agency_id VARCHAR, questionnaire_id VARCHAR, "
    "questionnaire_version VARCHAR, item_code VARCHAR, n_1 BIGINT, n_2 BIGINT, n_3 BIGINT, n_4 BIGINT, n_5 BIGINT, "
    "n_dont_know BIGINT, n_not_used BIGINT, n_blank BIGINT, n_invalid BIGINT, mean DOUBLE, top2_pct DOUBLE",
    "core.dim_question": "questionnaire_id VARCHAR, questionnaire_version VARCHAR, item_code VARCHAR, "
    "item_text VARCHAR, is_in_index BOOLEAN",
    "satisfaction.index_by_block": "year INTEGER, block_code VARCHAR, index_form VARCHAR, n_agencies BIGINT, "
    "n_valid BIGINT, estimate_pct DOUBLE, previous_estimate_pct DOUBLE, diff_points DOUBLE, "
    "is_official_form BOOLEAN, p_holm DOUBLE, comparison_status VARCHAR",
    "satisfaction.index_by_population": "year INTEGER, population VARCHAR, index_form VARCHAR, "
    "is_official_form BOOLEAN, n_units BIGINT, n_valid BIGINT, estimate_pct DOUBLE, previous_estimate_pct DOUBLE, "
    "diff_points DOUBLE",
    "satisfaction.index_by_district": "year INTEGER, district_code VARCHAR, district_name VARCHAR, index_form VARCHAR, "
    "is_official_form BOOLEAN, n_communes BIGINT, estimate_pct DOUBLE, score_rank INTEGER",
    "satisfaction.index_by_factor": "year INTEGER, agency_id VARCHAR, factor_code VARCHAR, index_form VARCHAR, "
    "estimate_pct DOUBLE, n_valid BIGINT, estimate_status VARCHAR",
    "cchc.ranking": "year INTEGER, agency_id VARCHAR, set_id VARCHAR, cchc_group VARCHAR, stage VARCHAR, "
    "earned_points DECIMAL(11, 6), max_points DECIMAL(11, 6), excluded_points DECIMAL(11, 6), coverage_pct DOUBLE, "
    "official_pct DOUBLE, appraisal_points DECIMAL(11, 6), survey_points DECIMAL(11, 6), "
    "dossier_points DECIMAL(11, 6), "
    "rating VARCHAR, to_next_floor_points DOUBLE, group_rank BIGINT, estimate_status VARCHAR, rank_status VARCHAR, "
    "bound_lo DOUBLE, bound_hi DOUBLE, previous_official_pct DOUBLE, diff_points DOUBLE, comparison_reason VARCHAR, "
    "decision_number VARCHAR",
    "cchc.criterion_scores": "year INTEGER, agency_id VARCHAR, criterion_code VARCHAR, final_points DECIMAL(11, 6), "
    "max_points DECIMAL(11, 6), is_applicable BOOLEAN, exclusion_class VARCHAR, exclusion_reason VARCHAR, "
    "exclusion_document VARCHAR",
    "cchc.rating_counts": "year INTEGER, cchc_group VARCHAR, rating VARCHAR, n_agencies BIGINT",
    "timeliness.on_time_by_agency_year": "year INTEGER, agency_id VARCHAR, n_due_cohort BIGINT, on_time_pct DOUBLE, "
    "target_pct DOUBLE, z DOUBLE, z_adj DOUBLE, flags VARCHAR, as_of_date DATE",
    "quality.expected_deliveries": "source VARCHAR, agency_id VARCHAR, period_id VARCHAR, expected_by_date DATE, "
    "arrived_at TIMESTAMP, delivery_status VARCHAR",
}

EMPTY_MARTS = "CREATE SCHEMA satisfaction; CREATE SCHEMA cchc; " + " ".join(
    f"CREATE TABLE {table} ({columns});" for table, columns in _COLUMNS.items()
)


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    """One row; columns that are not named are NULL."""
    places = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))


def insert_all(connection: duckdb.DuckDBPyConnection, table: str, same: Mapping[str, Any], *rows: Any) -> None:
    """Rows that share the columns of `same`, where a row does not say otherwise."""
    for row in rows:
        insert(connection, table, **{**same, **row})
