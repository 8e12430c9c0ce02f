"""Names, types and descriptions of the published tables, read from the manifest of `dbt parse`."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import load_contracts
from ingest.registry.registry import SOURCE_LIST
from tests.support.mart_names import naming_problems
from warehouse.engine import DBT_PROJECT
from warehouse.publication.catalog import Catalog, Column, Table, read_catalog

# The BI contract: a change here is a new model version with a deprecation date. More columns may be added.
CONTRACT = {
    "cchc.area_scores": "year agency_id area_code earned_points max_points area_pct group_mean_pct",
    "cchc.criterion_scores": (
        "year agency_id criterion_code self_points appraised_points final_points max_points score_pct is_applicable "
        "exclusion_class exclusion_reason exclusion_document group_mean_pct"
    ),
    "cchc.criterion_group_scores": (
        "year agency_id criterion_code level earned_points max_points score_pct group_mean_pct"
    ),
    "cchc.ranking": (
        "year agency_id set_id cchc_group stage earned_points max_points excluded_points coverage_pct official_pct "
        "appraisal_points survey_points dossier_points bonus_points penalty_points self_pct rating "
        "rating_scheme to_next_floor_points overall_rank group_rank estimate_status rank_status bound_lo bound_hi "
        "previous_official_pct diff_points previous_group_rank comparison_reason decision_number flags"
    ),
    "cchc.rating_counts": "year cchc_group rating n_agencies",
    "core.agency": (
        "agency_id valid_from valid_to agency_name short_name unit_kind block_code cchc_group parent_agency_id "
        "district_code is_survey_eligible is_current"
    ),
    "core.dim_agency": (
        "agency_id valid_from valid_to agency_name short_name unit_kind block_code cchc_group parent_agency_id "
        "district_code is_survey_eligible is_current"
    ),
    "core.criteria_set": (
        "set_id cchc_group set_name valid_from_year valid_to_year max_points max_bonus max_penalty decision_number"
    ),
    "core.dim_criterion": (
        "set_id criterion_code parent_code level is_leaf area_code area_name criterion_name max_points kind scored_by "
        "requires"
    ),
    "core.dim_date": ("calendar_date year month quarter is_working_day working_day_index holiday_name source_document"),
    "core.dim_plan_task": (
        "task_no objective_no task_title focus_topic lead_agency_id due_date progress_pct plan_status month"
    ),
    "core.dim_procedure": (
        "procedure_code valid_from valid_to procedure_name field_code deadline_length deadline_unit online_level "
        "owner_agency_id"
    ),
    "core.fct_criterion_round": (
        "year agency_id criterion_code workbook score_no round_no load_seq delivered_at given_points is_counted"
    ),
    "core.fct_criterion_score": (
        "year agency_id set_id criterion_code self_points appraised_points final_points max_points is_applicable "
        "exclusion_class exclusion_reason exclusion_document evidence_status scored_by stage"
    ),
    "core.fct_dossier": (
        "dossier_code procedure_code receiving_agency_id resolving_agency_id returning_agency_id channel is_online "
        "is_e_dossier received_at due_original_date due_adjusted_date due_current_date finished_at returned_at "
        "end_reason elapsed_days paused_days net_days margin_days deadline_status system_status is_paused "
        "is_in_due_cohort is_on_time flags load_seq"
    ),
    "core.agency_link": "predecessor_id successor_id link_kind effective_date share",
    "core.dim_block": "block_code block_name sort_order valid_from valid_to",
    "core.dim_district": "district_code district_name sort_order valid_from valid_to",
    "core.dim_period": "period_id period_name period_kind start_date end_date",
    "core.dim_question": (
        "questionnaire_id questionnaire_version item_code factor_code content_kind item_text weight is_in_index"
    ),
    "core.fct_survey_answer": (
        "form_id year agency_id questionnaire_id questionnaire_version item_code answer missing_reason stratum psu "
        "weight sampling_basis"
    ),
    "core.label": "list_name value label_vi label_en sort_order",
    "quality.expected_deliveries": "source agency_id period_id expected_by_date arrived_at delivery_status",
    "quality.load_ledger": (
        "load_seq load_id source original_name sha256 size_bytes delivered_at loaded_at contract_version rows_read "
        "rows_accepted rows_quarantined rows_duplicate rows_excluded rows_held verdict_status reason"
    ),
    "quality.publications": ("publication_id built_at code_version input_hash n_tables decision_number is_official"),
    "quality.rule_results": (
        "load_seq source rule_code severity n_evaluated n_failed failed_pct is_passed statement basis"
    ),
    "satisfaction.fieldwork": (
        "year agency_id questionnaire_id questionnaire_version n_planned n_issued n_collected n_valid n_volunteer "
        "straight_line_pct all_top_pct flags"
    ),
    "satisfaction.index_by_agency": (
        "year agency_id population block_code index_form is_official_form sampling_basis estimate_pct numerator "
        "denominator n_planned n_collected n_valid response_rate_pct bound_lo bound_hi score_rank block_rank "
        "estimate_status rank_status previous_estimate_pct diff_points comparison_reason flags"
    ),
    "satisfaction.index_by_block": (
        "year block_code index_form n_agencies n_valid estimate_pct min_agency_id max_agency_id previous_estimate_pct "
        "diff_points"
    ),
    "satisfaction.index_by_district": (
        "year district_code district_name index_form is_official_form n_communes estimate_pct score_rank"
    ),
    "satisfaction.index_by_factor": "year agency_id factor_code index_form estimate_pct n_valid estimate_status",
    "satisfaction.index_by_population": (
        "year population index_form is_official_form mean_basis n_units n_valid estimate_pct previous_estimate_pct "
        "diff_points"
    ),
    "programme.feedback_by_agency_month": (
        "month agency_id n_received n_forwarded n_answered n_answered_on_time n_published answered_on_time_pct "
        "median_answer_days"
    ),
    "programme.plan_progress_by_agency_month": (
        "month agency_id report_status n_objectives n_tasks n_due n_done n_done_on_time n_late n_not_due "
        "n_fallen done_on_time_pct"
    ),
    "timeliness.digital_by_agency_month": (
        "month agency_id n_received n_online online_pct n_level3 n_level4 n_e_dossier e_dossier_pct"
    ),
    "timeliness.integrity_flags_by_agency_year": "year agency_id flag n_flagged n_base flagged_pct",
    "timeliness.notice_compliance_by_agency_month": (
        "month agency_id notice_kind n_required n_issued n_issued_correctly compliance_pct"
    ),
    "timeliness.turnaround_by_agency_year": (
        "year agency_id n n_event n_censored median_days median_lo median_hi rmst_days rmst_se rmst_tau_days"
    ),
    "timeliness.turnaround_curve": "year agency_id net_days n_risk n_event surv surv_lo surv_hi",
    "timeliness.on_time_by_agency_month": (
        "month agency_id n_carried_over n_received n_finished n_withdrawn n_stopped n_early n_on_time n_late n_open "
        "n_open_overdue n_paused n_due_cohort n_due_on_time on_time_pct on_time_completed_only_pct "
        "on_time_with_overdue_pct on_time_received_and_carried_pct ci_lo ci_hi system_disagreement_pct "
        "n_not_recomputable estimate_status"
    ),
    "timeliness.on_time_by_agency_period": (
        "period_id agency_id n_carried_over n_received n_finished n_withdrawn n_stopped n_early n_on_time n_late "
        "n_open n_open_overdue n_paused n_due_cohort n_due_on_time on_time_pct on_time_completed_only_pct "
        "on_time_with_overdue_pct on_time_received_and_carried_pct ci_lo ci_hi system_disagreement_pct "
        "n_not_recomputable estimate_status"
    ),
    "timeliness.on_time_by_agency_year": (
        "year agency_id n_carried_over n_received n_finished n_withdrawn n_stopped n_early n_on_time n_late n_open "
        "n_open_overdue n_paused n_due_cohort n_due_on_time on_time_pct on_time_completed_only_pct "
        "on_time_with_overdue_pct on_time_received_and_carried_pct ci_lo ci_hi system_disagreement_pct "
        "n_not_recomputable estimate_status n_expected_late oe_ratio oe_lo oe_hi target_pct lim95_lo lim95_hi "
        "lim998_lo lim998_hi z z_adj phi tau2"
    ),
    "timeliness.on_time_by_procedure_year": (
        "year agency_id procedure_code n_carried_over n_received n_finished n_withdrawn n_stopped n_early n_on_time "
        "n_late n_open n_open_overdue n_paused n_due_cohort n_due_on_time on_time_pct on_time_completed_only_pct "
        "on_time_with_overdue_pct on_time_received_and_carried_pct median_days p90_days deadline_length deadline_unit"
    ),
    "timeliness.overdue_ageing": "agency_id age_class n_open_overdue oldest_overdue_days median_overdue_days",
}
# Of these only one part of the key is filled: a rule is evaluated on a load or on a publication.
OPTIONAL_KEYS = {"quality.rule_results": {"load_seq", "publication_id"}}


@pytest.fixture(scope="module")
def catalog(manifest: Path) -> Catalog:
    return read_catalog(manifest)


def test_names_and_types_keep_their_promises(catalog: Catalog) -> None:
    assert naming_problems(catalog) == []


def test_the_bi_contract_is_kept(catalog: Catalog) -> None:
    published = {table.full_name: {column.name for column in table.columns} for table in catalog.tables}
    missing = {name: set(columns.split()) - published.get(name, set()) for name, columns in CONTRACT.items()}
    assert {name: columns for name, columns in missing.items() if columns} == {}


def test_only_row_level_facts_are_internal(catalog: Catalog) -> None:
    internal = {table.full_name for table in catalog.tables if not table.is_open}
    assert internal == {table.full_name for table in catalog.tables if table.name.startswith("fct_")}


def test_keys_are_filled(catalog: Catalog) -> None:
    empty = {
        (table.full_name, column.name)
        for table in catalog.tables
        for column in table.columns
        if column.name in table.key and not column.not_null
    }
    assert empty == {(name, column) for name, columns in OPTIONAL_KEYS.items() for column in columns}


def test_every_key_is_tested(catalog: Catalog, nodes: list[dict[str, Any]]) -> None:
    tested = {
        (node["attached_node"].split(".")[-1], tuple(node["test_metadata"]["kwargs"]["columns"]))
        for node in nodes
        if node.get("attached_node") and node["test_metadata"]["name"] == "unique_combination"
    }
    assert [t.full_name for t in catalog.tables if (t.name, t.key) not in tested] == []


def test_every_mart_has_an_enforced_contract(nodes: list[dict[str, Any]]) -> None:
    marts = [
        node for node in nodes if node["resource_type"] == "model" and node["path"].startswith(("core/", "marts/"))
    ]
    marts = [node for node in marts if not node["name"].startswith("int_")]
    assert [node["name"] for node in marts if not node["config"]["contract"]["enforced"]] == []
    assert len(marts) == len(CONTRACT)


def test_closed_lists_exist_and_are_tested(catalog: Catalog, nodes: list[dict[str, Any]]) -> None:
    with (DBT_PROJECT / "seeds" / "labels.csv").open(encoding="utf-8", newline="") as file:
        lists = {row["list_name"] for row in csv.DictReader(file)} | {SOURCE_LIST}
    declared = {column.values for table in catalog.tables for column in table.columns if column.values}
    tested = {
        node["test_metadata"]["kwargs"]["list_name"]
        for node in nodes
        if (node.get("test_metadata") or {}).get("name") == "in_label_list"
    }
    assert declared - lists == set()
    assert declared == tested


def test_every_test_and_unit_test_is_named_as_a_sentence(manifest: Path, nodes: list[dict[str, Any]]) -> None:
    unit_tests = json.loads(manifest.read_text(encoding="utf-8"))["unit_tests"].values()
    names = [node["name"] for node in nodes if node["resource_type"] == "test"] + [node["name"] for node in unit_tests]
    assert [name for name in names if len(name.split("_")) < 4 or "__" in name] == []


def test_every_unit_test_says_where_its_numbers_are_from(manifest: Path) -> None:
    unit_tests = json.loads(manifest.read_text(encoding="utf-8"))["unit_tests"].values()
    sources = ("methods §", "domain §", "By hand")
    assert [test["name"] for test in unit_tests if not (test["description"] or "").startswith(sources)] == []


def table_of(*columns: Column, grain: str | None = "month") -> Catalog:
    always = (
        Column("method_version", "VARCHAR", True, "Phiên bản.", "Version."),
        Column("as_of_date", "DATE", True, "Ngày.", "Day."),
    )
    return Catalog((Table("timeliness", "t", "Bảng.", "Table.", grain, None, ("month",), "open", (*columns, *always)),))


def number(name: str, data_type: str, unit: str | None = "hồ sơ", additive: str | None = "sum") -> Column:
    return Column(name, data_type, True, "Số.", "Number.", unit=unit, additive=additive)


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (number("n_late", "INTEGER"), "the name promises BIGINT, the type is INTEGER"),
        (number("late_pct", "BIGINT", "%"), "the name promises DOUBLE, the type is BIGINT"),
        (number("late_pct", "DOUBLE", "hồ sơ"), "a percentage has 'unit: %'"),
        (number("n_late", "HUGEINT"), "type HUGEINT is not in the BI contract"),
        (number("late", "BIGINT"), "a BIGINT needs a name that says so"),
        (number("n_late", "BIGINT", unit=None), "a number needs 'unit: …' and 'additive: …'"),
        (number("n_late", "BIGINT", additive=None), "a number needs 'unit: …' and 'additive: …'"),
        (Column("nLate", "VARCHAR", True, "Số.", "Number."), "is not a name in snake_case"),
        (Column("late", "BOOLEAN", True, "Trễ.", "Late."), "a BOOLEAN needs a name that says so"),
        (Column("finished", "TIMESTAMP", True, "Xong.", "Finished."), "a TIMESTAMP needs a name that says so"),
        (Column("rank_status", "VARCHAR", True, "Tình trạng.", "Status."), "a status is a closed list"),
    ],
)
def test_a_name_that_misleads_is_found(column: Column, problem: str) -> None:
    assert any(problem in found for found in naming_problems(table_of(column)))


def test_a_table_without_grain_or_version_is_found() -> None:
    assert naming_problems(table_of(grain=None)) == ["timeliness.t: the description has no line 'grain: …'"]
    bare = table_of().tables[0]
    unversioned = Table(**{**bare.__dict__, "columns": bare.columns[1:]})
    assert naming_problems(Catalog((unversioned,))) == ["timeliness.t: needs method_version VARCHAR, not null"]


def test_the_fact_of_every_source_is_published(catalog: Catalog) -> None:
    facts = {contract.fact for contract in load_contracts().values() if contract.fact}
    assert facts
    assert facts <= {table.full_name for table in catalog.tables}
