"""Names, types and descriptions of the published tables, read from the manifest of `dbt parse`."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.contract import load_contracts
from ingest.registry.completion import code_labels
from tests.support.mart_names import naming_problems
from warehouse.engine import DBT_PROJECT
from warehouse.publication.bi_contract import differences
from warehouse.publication.catalog import NATION, PROVINCE, Catalog, Column, Table, read_catalog


@pytest.fixture(scope="module")
def catalog(manifest: Path) -> Catalog:
    return read_catalog(manifest, (*PROVINCE, *NATION))


def test_names_and_types_keep_their_promises(catalog: Catalog) -> None:
    assert naming_problems(catalog) == []


def test_the_bi_contract_and_the_exposures_are_those_of_the_lock(catalog: Catalog) -> None:
    if found := differences(catalog):
        pytest.fail("\n".join(found), pytrace=False)


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
    assert empty == {(table.full_name, column) for table in catalog.tables for column in table.optional_key}


@pytest.fixture(scope="module")
def sound(nodes: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Of every test `sound`: its table and its arguments."""
    tests = [node for node in nodes if (node.get("test_metadata") or {}).get("name") == "sound"]
    return [(str(node["attached_node"]).split(".")[-1], node["test_metadata"]["kwargs"]) for node in tests]


def test_every_key_is_tested(catalog: Catalog, sound: list[tuple[str, dict[str, Any]]]) -> None:
    tested = {(table, tuple(arguments.get("key", ()))) for table, arguments in sound}
    assert [t.full_name for t in catalog.tables if (t.name, t.key) not in tested] == []


def test_every_mart_has_an_enforced_contract(nodes: list[dict[str, Any]]) -> None:
    marts = [
        node
        for node in nodes
        if node["resource_type"] == "model" and node["path"].startswith(("core/", "marts/", "national/"))
    ]
    marts = [node for node in marts if not node["name"].startswith("int_")]
    assert [node["name"] for node in marts if not node["config"]["contract"]["enforced"]] == []


def test_closed_lists_exist_and_are_tested(catalog: Catalog, sound: list[tuple[str, dict[str, Any]]]) -> None:
    with (DBT_PROJECT / "seeds" / "labels.csv").open(encoding="utf-8", newline="") as file:
        lists = {row["list_name"] for row in (*csv.DictReader(file), *code_labels())}
    declared = {column.values for table in catalog.tables for column in table.columns if column.values}
    tested = {list_name for _, arguments in sound for list_name in arguments.get("labels", {}).values()}
    assert declared - lists == set()
    assert declared == tested


def test_every_test_rule_and_unit_test_is_named_as_a_sentence(
    manifest: Path, nodes: list[dict[str, Any]], sound: list[tuple[str, dict[str, Any]]]
) -> None:
    unit_tests = json.loads(manifest.read_text(encoding="utf-8"))["unit_tests"].values()
    tests = [node["name"] for node in nodes if node["resource_type"] == "test"]
    rules = [name for _, arguments in sound for name in arguments.get("rows", {})]
    names = [name for name in tests if not name.endswith("_is_sound")] + [node["name"] for node in unit_tests] + rules
    assert [name for name in names if len(name.split("_")) < 4 or "__" in name] == []


def test_every_unit_test_names_the_source_of_its_numbers(manifest: Path) -> None:
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
