"""The layers of the dbt project go one way: a model reads its own layer or an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

LAYERS = ("staging", "intermediate", "core", "marts", "national")
Node = dict[str, Any]


def layer_of(node: Node) -> str:
    return str(node["path"]).split("/")[0]


def upward_arcs(nodes: Iterable[Node]) -> Iterator[str]:
    """The models that read one of a later layer."""
    models = {node["unique_id"]: node for node in nodes if node["resource_type"] == "model"}
    for node in models.values():
        for name in set(node["depends_on"]["nodes"]) & set(models):
            if LAYERS.index(layer_of(models[name])) > LAYERS.index(layer_of(node)):
                yield f"{node['path']} reads {models[name]['path']}"


def test_no_model_reads_a_later_layer(nodes: list[Node]) -> None:
    assert sorted(upward_arcs(nodes)) == []


def test_only_staging_reads_what_is_landed(nodes: list[Node]) -> None:
    past_staging = [
        node["path"]
        for node in nodes
        if node["resource_type"] == "model"
        and layer_of(node) != "staging"
        and any(name.startswith("source.cchc.landing.") for name in node["depends_on"]["nodes"])
    ]
    assert past_staging == []


def test_a_nation_reads_publications_and_no_model_of_a_province(nodes: list[Node]) -> None:
    models = {node["unique_id"]: node for node in nodes if node["resource_type"] == "model"}
    read = {
        models[name]["path"]
        for node in models.values()
        if layer_of(node) == "national"
        for name in set(node["depends_on"]["nodes"]) & set(models)
        if layer_of(models[name]) != "national"
    }
    assert read == {"staging/ledger/stg_run.sql"}


def test_only_a_nation_reads_provinces(nodes: list[Node]) -> None:
    sources = ("source.cchc.provinces.", "source.cchc.nation.")
    readers = {
        layer_of(node)
        for node in nodes
        if node["resource_type"] == "model" and any(name.startswith(sources) for name in node["depends_on"]["nodes"])
    }
    assert readers == {"national"}


def test_the_database_schema_follows_from_the_folder(nodes: list[Node]) -> None:
    for node in nodes:
        if node["resource_type"] == "model":
            *folders, _ = node["path"].split("/")
            is_step = "steps" in folders or folders[0] == "intermediate"
            expected = "intermediate" if is_step else folders[1] if folders[0] == "marts" else folders[0]
            assert node["schema"] == expected, node["path"]
            assert node["name"].startswith("int_") == is_step, node["path"]


def model(path: str, *reads: str) -> Node:
    name = path.split("/")[-1]
    return {"unique_id": name, "resource_type": "model", "path": path, "depends_on": {"nodes": list(reads)}}


@pytest.mark.parametrize(
    ("reader", "read", "is_found"),
    [
        ("core/steps/int_a", "intermediate/dossiers/int_b", False),
        ("core/fct_a", "core/steps/int_b", False),
        ("marts/cchc/ranking", "core/fct_b", False),
        ("intermediate/dossiers/int_a", "core/fct_b", True),
        ("core/steps/int_a", "marts/cchc/ranking", True),
        ("staging/ledger/stg_a", "intermediate/calendar/int_b", True),
    ],
)
def test_an_arc_upwards_is_found(reader: str, read: str, is_found: bool) -> None:
    arcs = list(upward_arcs([model(reader, read.split("/")[-1]), model(read)]))
    assert arcs == ([f"{reader} reads {read}"] if is_found else [])
