from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.publishing import manifest_document, mart_node, small_catalog, small_identity
from warehouse.publication.catalog import Catalog, CatalogError, read_catalog
from warehouse.publication.datapackage import describe_package
from warehouse.publication.staged import StagedTable


def read(folder: Path, *nodes: dict[str, Any]) -> Catalog:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(manifest_document(list(nodes))), encoding="utf-8")
    return read_catalog(manifest)


def agency_node() -> dict[str, Any]:
    return mart_node("core.agency", key=["agency_id"], columns={"agency_id": "varchar"})


def test_the_catalog_holds_the_marts_and_nothing_else(tmp_path: Path) -> None:
    catalog = small_catalog(tmp_path)
    names = [table.full_name for table in catalog.tables]
    assert names == ["core.agency", "core.fct_dossier", "quality.load_ledger", "timeliness.standing"]
    assert [t.full_name for t in catalog.of_profile("open").tables] == [n for n in names if n != "core.fct_dossier"]


def test_a_table_is_described_in_both_languages(tmp_path: Path) -> None:
    node = agency_node()
    node["columns"]["agency_id"]["description"] = (
        "Mã cơ quan.\nAgency identifier.\nunit: mã\nbasis: NĐ 61/2018/NĐ-CP, Điều 3\nadditive: never\nvalues: unit_kind"
    )
    table = read(tmp_path, node).tables[0]
    assert (table.description_vi, table.grain) == ("Bảng agency của tỉnh.", "one row per agency_id")
    assert (table.caveat, table.key, table.profile) == ("made for a test", ("agency_id",), "open")
    column = table.columns[0]
    assert (column.vi, column.en, column.unit) == ("Mã cơ quan.", "Agency identifier.", "mã")
    assert (column.basis, column.additive, column.values) == ("NĐ 61/2018/NĐ-CP, Điều 3", "never", "unit_kind")
    assert (column.data_type, column.not_null) == ("VARCHAR", True)


@pytest.mark.parametrize(
    ("written", "read_as"), [("decimal(9, 4)", "DECIMAL(9,4)"), ("int", "INTEGER"), ("Timestamp", "TIMESTAMP")]
)
def test_types_are_spelled_as_duckdb_spells_them(tmp_path: Path, written: str, read_as: str) -> None:
    node = mart_node("core.agency", key=["agency_id"], columns={"agency_id": written})
    assert read(tmp_path, node).tables[0].columns[0].data_type == read_as


def test_every_fault_of_the_manifest_is_named_at_once(tmp_path: Path) -> None:
    node = agency_node()
    node["description"] = "Chỉ có tiếng Việt."
    node["schema"] = "main_core"
    node["config"]["meta"] = {"key": ["month"], "profile": "public"}
    node["columns"]["agency_id"] |= {"data_type": "hugeint", "description": "Mã.\nCode.\nunits: mã"}
    with pytest.raises(CatalogError) as caught:
        read(tmp_path, node)
    message = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 6
    for fault in ("core.agency: needs", "main_core", "public", "month", "HUGEINT", "'units: mã'"):
        assert fault in message


def test_a_mart_without_key_is_refused(tmp_path: Path) -> None:
    node = agency_node()
    node["config"]["meta"] = {}
    with pytest.raises(CatalogError, match=r"config\.meta\.key is missing"):
        read(tmp_path, node)


def test_a_project_without_marts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no model under models/core or models/marts"):
        read(tmp_path)


def test_the_data_package_describes_files_fields_and_keys(tmp_path: Path) -> None:
    standing = next(table for table in small_catalog(tmp_path).tables if table.name == "standing")
    staged = StagedTable(standing, rows=4, path="parquet/timeliness/standing.parquet", size_bytes=812, sha256="ab" * 32)
    package = describe_package([staged], small_identity(1), "open")
    assert (package["version"], package["as_of_date"]) == ("0001-20151231-00000001", "2015-12-31")
    assert package["created"] == "2016-01-04T02:00:01+07:00"
    (resource,) = package["resources"]
    assert (resource["name"], resource["path"]) == ("timeliness.standing", "parquet/timeliness/standing.parquet")
    assert (resource["bytes"], resource["hash"], resource["rowcount"]) == (812, "sha256:" + "ab" * 32, 4)
    assert resource["schema"]["primaryKey"] == ["year", "agency_id"]
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    assert fields["points"] == {
        "name": "points",
        "type": "number",
        "title": "Cột points.",
        "description": "Column points.",
        "unit": "mã",
    }
    assert fields["year"]["constraints"] == {"required": True}


def test_a_key_that_may_be_missing_is_unique_but_not_primary(tmp_path: Path) -> None:
    node = agency_node()
    node["columns"]["agency_id"]["constraints"] = []
    staged = StagedTable(read(tmp_path, node).tables[0], rows=1, path="a.parquet", size_bytes=1, sha256="")
    schema = describe_package([staged], small_identity(1), "internal")["resources"][0]["schema"]
    assert schema["uniqueKeys"] == [["agency_id"]]
    assert "primaryKey" not in schema
