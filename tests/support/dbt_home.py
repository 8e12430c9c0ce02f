"""Writes the inputs of dbt (landing, registry, ledger) as Parquet, without reading delivered files.

Rows are mappings of column to value; a column that is not given is NULL. Times may be text ("2025-04-25 09:00").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.build.statistics import CCHC_STATISTICS, write_statistics
from ingest.contract import load_contracts
from ingest.coverage import coverage_sql
from ingest.registry.declaration import declaration
from ingest.registry.features import feature_table
from ingest.registry.levels import level_table
from ingest.registry.scales import scale_table
from tests.support.dbt_registry import registry_tables
from tests.support.registries import sql_type
from warehouse.config import Home, Settings
from warehouse.engine import BuildReport, DbtProject
from warehouse.landing import coverage_of, deletions_of
from warehouse.publication.catalog import read_catalog
from warehouse.sql import quote_text

Row = Mapping[str, Any]

NATION = (
    "province_code varchar, province_name varchar, inclusion_reason varchar, publication_id varchar, "
    "published_at timestamp, data_until_date date, publication_method_version varchar"
)
CALENDAR = "calendar_date date, is_working_day boolean, holiday_name varchar, source_document varchar"
LEDGER = {
    "loads": (
        "load_seq bigint, load_id varchar, source varchar, original_name varchar, sha256 varchar, size_bytes bigint, "
        "delivered_at timestamp, loaded_at timestamp, contract_version varchar, rows_read bigint, "
        "rows_accepted bigint, rows_quarantined bigint, rows_duplicate bigint, rows_excluded bigint, "
        "rows_held bigint, verdict_status varchar, reason varchar, data_from date, data_until date, "
        "arrival_seq bigint, is_superseded boolean"
    ),
    "rule_results": (
        "load_seq bigint, publication_id varchar, source varchar, rule_code varchar, severity varchar, "
        "n_evaluated bigint, n_failed bigint, is_passed boolean, statement varchar, basis varchar"
    ),
    "publications": (
        "publication_id varchar, built_at timestamp, code_version varchar, input_hash varchar, n_tables bigint, "
        "decision_number varchar, is_official boolean"
    ),
    "run": "as_of_date date, method_version varchar, publication_id varchar",
}
METHODS = {
    "on_time_interval": "period_kind varchar, period_key varchar, agency_id varchar, ci_lo double, ci_hi double",
    "turnaround": (
        "year bigint, agency_id varchar, n bigint, n_event bigint, n_censored bigint, median_days double, "
        "median_lo double, median_hi double, rmst_days double, rmst_se double, rmst_tau_days bigint"
    ),
    "turnaround_curve": (
        "year bigint, agency_id varchar, net_days bigint, n_risk bigint, n_event bigint, surv double, surv_lo double, "
        "surv_hi double, cif_finished double, cif_ended_otherwise double"
    ),
    "observed_expected": (
        "year bigint, agency_id varchar, n_observed_late bigint, n_expected_late double, oe_ratio double, "
        "oe_lo double, oe_hi double, single_agency_pct double, common_on_time_pct double"
    ),
    "funnel": (
        "year bigint, agency_id varchar, target_pct double, lim95_lo double, lim95_hi double, lim998_lo double, "
        "lim998_hi double, z double, z_adj double, phi double, tau2 double, flags varchar"
    ),
    "survey_precision": (
        "year integer, agency_id varchar, factor_code varchar, index_form varchar, estimate_pct double, "
        "n_valid bigint, se double, df double, n_eff double, deff double, ci_lo double, ci_hi double, "
        "ci_method varchar, variance_status varchar, is_presentable boolean"
    ),
    "survey_covariance": (
        "year integer, agency_id varchar, index_form varchar, factor_code varchar, other_factor_code varchar, "
        "covariance double"
    ),
    "survey_rank": (
        "year integer, agency_id varchar, index_form varchar, rank_family varchar, rank_lo integer, rank_hi integer, "
        "rank_lo_marginal integer, rank_hi_marginal integer, tier integer, is_possible_top_k boolean, "
        "estimate_eb_pct double, se_eb double, is_too_few_to_shrink boolean, is_without_difference boolean"
    ),
    "survey_change": (
        "year integer, agency_id varchar, index_form varchar, diff_lo double, diff_hi double, p_value double, "
        "p_holm double, comparison_status varchar"
    ),
    "survey_mean": (
        "year integer, mean_kind varchar, group_code varchar, index_form varchar, se double, ci_lo double, "
        "ci_hi double, diff_lo double, diff_hi double, p_value double, p_holm double, comparison_status varchar, "
        "rank_lo integer, rank_hi integer"
    ),
    "composite": (
        "year bigint, agency_id varchar, adjusted_pct double, difficulty_offset_points double, beside_points double, "
        "se_excl double, se double, ci_lo double, ci_hi double, rank_lo bigint, rank_hi bigint, group_rank_lo bigint, "
        "group_rank_hi bigint, adjusted_rank bigint, rule_min_rank bigint, rule_max_rank bigint, "
        "variant_min_rank bigint, variant_max_rank bigint, p05_rank bigint, p95_rank bigint, p_first double, "
        "p_top3 double, p_rating double, rating_status varchar, is_connected boolean, is_separated boolean"
    ),
    "index_by_rule": (
        "year bigint, agency_id varchar, rule varchar, index_value double, overall_rank bigint, group_rank bigint"
    ),
    "weight_sensitivity": (
        "year bigint, agency_id varchar, scenario varchar, best_rank bigint, worst_rank bigint, p05_rank bigint, "
        "p50_rank bigint, p95_rank bigint, p_first double, p_top3 double, sd_points double"
    ),
    "pairwise": (
        "year bigint, agency_id varchar, other_agency_id varchar, n_common_criteria bigint, "
        "common_max_points double, diff_points double, verdict_status varchar"
    ),
    "contributions": "year bigint, agency_id varchar, criterion_code varchar, contribution_points double",
    "criterion_importance": (
        "year bigint, set_id varchar, criterion_code varchar, weight_pct double, importance_ratio double, "
        "mean_rank_shift double, largest_rank_shift bigint"
    ),
    "self_assessment": (
        "year bigint, agency_id varchar, n_criteria bigint, n_over bigint, n_under bigint, self_pct double, "
        "appraised_pct double, inflation_points double, gross_over_points double, gross_under_points double, "
        "over_lo double, over_hi double, p_sign double, concordance double, limit_lo double, limit_hi double, "
        "group_tau_b double"
    ),
    "survey_quality": (
        "year integer, agency_id varchar, questionnaire_id varchar, questionnaire_version varchar, "
        "factor_code varchar, n_complete bigint, cronbach_alpha double, investigator_icc double"
    ),
}


def make_inputs(
    root: Path,
    *,
    dossiers: Sequence[Row] = (),
    events: Sequence[Row] = (),
    survey: Sequence[Row] = (),
    assessments: Sequence[Row] = (),
    registry: Mapping[str, Sequence[Row]] | None = None,
    as_of: date = date(2025, 5, 31),
    orphans: Iterable[str] = (),
    rule_results: Sequence[Row] = (),
    publications: Sequence[Row] = (),
    periods: Mapping[str, tuple[date | None, date]] | None = None,
    deleted: Mapping[str, Sequence[Row]] | None = None,
) -> Home:
    """Writes everything that dbt reads into a new home and return its layout.

    A row may name its `load_id` (16 characters; default one load per source). Loads enter the ledger as accepted, in
    the order of the arguments and in it of first appearance; those in `orphans` stay out of it. A source without rows
    has an empty landing and no load. `periods` gives the first and last day of a load by its id; the others declare
    as_of only. `deleted` has the dossiers that a load with rows deletes, by load id.
    `registry` replaces tables of `registry_tables()`; its calendar is given as overrides of Monday to Friday. A table
    that neither has is written without a row.
    """
    home = Settings(home=root).layout
    loads: list[Row] = []
    with duckdb.connect() as connection:
        rows_of = {
            "dossiers": dossiers,
            "dossier_events": events,
            "survey_responses": survey,
            "assessments": assessments,
        }
        contracts = load_contracts()
        for number, source in enumerate(dict.fromkeys([*rows_of, *contracts]), start=1):
            schema, rows, default = (
                _columns(contracts[source].landing_schema()),
                rows_of.get(source, ()),
                f"{number:016x}",
            )
            by_load: dict[str, list[Row]] = {default: []} if not rows else {}
            for row in rows:
                by_load.setdefault(row.get("load_id", default), []).append(row)
            for load_id, part in by_load.items():
                path = home.landing / source / f"load_id={load_id}" / "part-0.parquet"
                _write(connection, path, schema, [{"line": n, **row} for n, row in enumerate(part, start=2)])
                covered = home.landing / coverage_of(source) / f"load_id={load_id}" / "part-0.parquet"
                covered.parent.mkdir(parents=True)
                coverage = coverage_sql(contracts[source], f"read_parquet({quote_text(path)})")
                connection.execute(f"copy ({coverage}) to {quote_text(covered)} (format parquet)")
                if part and load_id not in orphans:
                    period = (periods or {}).get(load_id, (None, as_of))
                    loads.append(_load(len(loads) + 1, load_id, source, len(part), as_of, period))
            gone_by_load = {"0" * 16: (), **((deleted or {}) if source == "dossiers" else {})}
            for load_id, gone in gone_by_load.items() if contracts[source].deletion_schema() else ():
                path = home.landing / deletions_of(source) / f"load_id={load_id}" / "part-0.parquet"
                _write(connection, path, _columns(contracts[source].deletion_schema()), gone)
        tables = {**registry_tables(), **(registry or {})}
        for name, table in declaration().tables.items():
            if name != "calendar_overrides":
                columns = ", ".join(f"{column} {sql_type(name, column)}" for column in table.columns)
                _write(connection, home.inputs / "registry" / f"{name}.parquet", columns, tables.get(name, ()))
        derived = {
            "criteria_levels": level_table(tables["criteria"]),
            "agency_features": feature_table(tables["agencies"]),
            "scales": scale_table(tables["scale_labels"]),
        }
        for name, written in derived.items():
            pq.write_table(written, home.inputs / "registry" / f"{name}.parquet")
        overrides = (registry or {}).get("calendar_overrides", registry_tables()["calendar_overrides"])
        _write(connection, home.inputs / "registry" / "calendar.parquet", CALENDAR, _calendar(as_of, overrides))
        run = {"as_of_date": as_of, "method_version": "test", "publication_id": "0001"}
        ledger = {
            "loads": loads,
            "rule_results": rule_results,
            "publications": publications,
            "run": [run],
        }
        for name, rows in ledger.items():
            _write(connection, home.inputs / "ledger" / f"{name}.parquet", LEDGER[name], rows)
        for name, columns in METHODS.items():
            _write(connection, home.inputs / "methods" / f"{name}.parquet", columns, [])
    return home


def write_methods(home: Home, tables: Mapping[str, Sequence[Row]]) -> None:
    """Writes rows as tables of methods/, by their name in `METHODS`."""
    with duckdb.connect() as connection:
        for name, rows in tables.items():
            _write(connection, home.inputs / "methods" / f"{name}.parquet", METHODS[name], rows)


def build_all(project: DbtProject, home: Home, *, intervals: Sequence[Row] | None = None) -> None:
    """Runs the three selections of a night and the statistics between; `intervals` replace those of R1."""
    project.build("--exclude", "source:methods+", "tag:audit", "tag:nation")
    with duckdb.connect(str(home.build_db), read_only=True) as connection:
        write_statistics(connection, home.inputs / "methods", alpha=0.05)
    if intervals is not None:
        write_methods(home, {"on_time_interval": intervals})
    project.build("--select", "source:methods+")
    project.build("--select", "tag:audit")


def build_nation_of(project: DbtProject, home: Home, codes: Sequence[str]) -> None:
    """Builds the national models on the same database, with its own tables as those of every province of `codes`."""
    declared = json.loads(project.manifest.read_text(encoding="utf-8"))["sources"].values()
    names = {source["name"] for source in declared if source["source_name"] == "provinces"}
    tables = [table for table in read_catalog(project.manifest).tables if table.name in names]
    with duckdb.connect(str(home.build_db), read_only=True) as connection:
        for table in tables:
            for code in codes:
                path = home.inputs / "provinces" / table.name / f"province_code={code}" / "part-0.parquet"
                path.parent.mkdir(parents=True)
                connection.execute(f"copy {table.full_name} to {quote_text(path)} (format parquet)")
    with duckdb.connect() as connection:
        rows = [
            {"province_code": code, "publication_id": "0001", "data_until_date": date(2025, 5, 31)} for code in codes
        ]
        _write(connection, home.inputs / "nation" / "provinces.parquet", NATION, rows)
    project.build("--select", "+tag:nation", "--indirect-selection", "cautious")


def build_cchc(project: DbtProject, home: Home, *besides: str) -> BuildReport:
    """Builds the CCHC marts and the models `besides`, with the statistics between two selections; reports the first."""
    marts = "+path:models/marts/cchc"
    cautious = ("--indirect-selection", "cautious")
    surveys = ("stratum_products", "stratum_moments", "index_compared", "mean_members", "means")
    counted = [f"+int_survey_{name}" for name in surveys]
    report = project.build(*cautious, "--select", marts, *counted, *besides, "--exclude", "source:methods+")
    with duckdb.connect(str(home.build_db), read_only=True) as connection:
        write_statistics(connection, home.inputs / "methods", 0.05, CCHC_STATISTICS)
    project.build(*cautious, "--select", f"{marts},source:methods+")
    return report


def read_rows(home: Home, query: str) -> list[dict[str, Any]]:
    """Rows of a query on the build database, as mappings."""
    with duckdb.connect(str(home.build_db), read_only=True) as connection:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _columns(schema: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in schema)


def _write(connection: duckdb.DuckDBPyConnection, path: Path, columns: str, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"create or replace temp table part ({columns})")
    names = [column.split()[0] for column in columns.split(", ")]
    values = [[row.get(name) for row in rows] for name in names]
    texts = [pa.array([None if value is None else str(value) for value in column], pa.string()) for column in values]
    connection.register("rows", pa.table(texts, names=names))
    connection.execute("insert into part select * from rows")
    connection.execute(f"copy part to {quote_text(path)} (format parquet, compression zstd)")


def _load(load_seq: int, load_id: str, source: str, n_rows: int, as_of: date, period: tuple[date | None, date]) -> Row:
    return {
        "load_seq": load_seq,
        "load_id": load_id,
        "source": source,
        "original_name": f"{source}_{load_seq}.csv",
        "sha256": load_id * 4,
        "size_bytes": 100 * n_rows,
        "delivered_at": as_of,
        "loaded_at": as_of,
        "contract_version": "1",
        "rows_read": n_rows,
        "rows_accepted": n_rows,
        "rows_quarantined": 0,
        "rows_duplicate": 0,
        "rows_excluded": 0,
        "rows_held": 0,
        "verdict_status": "accepted",
        "data_from": period[0],
        "data_until": period[1],
        "arrival_seq": load_seq,
        "is_superseded": False,
    }


def _calendar(as_of: date, overrides: Sequence[Row]) -> list[Row]:
    decided = {date.fromisoformat(row["calendar_date"]): row for row in overrides}
    first, last = date(2013, 1, 1), date(as_of.year + 2, 12, 31)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [
        {
            "calendar_date": day,
            "is_working_day": decided[day]["is_working_day"] == "1" if day in decided else day.weekday() < 5,
            "holiday_name": decided[day]["holiday_name"] if day in decided else None,
            "source_document": "test",
        }
        for day in days
    ]
