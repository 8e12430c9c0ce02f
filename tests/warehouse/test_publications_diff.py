"""`cchc publications diff`: differences of loads, inputs, tables and ranking between two publications."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from pydantic_core import to_jsonable_python
from rich.cells import cell_len

from flows.cli.console import PlainConsole
from flows.cli.difference import show_difference
from tests.support.night_homes import TroubleNight
from tests.support.nights import Cchc, read_records
from tests.support.publishing import MARTS, manifest_document, mart_node, small_build, small_identity
from warehouse.config import Home
from warehouse.ledger import Ledger, LoadRecord, RunRecord
from warehouse.publication.catalog import read_catalog
from warehouse.publication.compare import Move, compare_publications
from warehouse.publication.publications import PublicationError
from warehouse.publication.publish import publish

RANKING = {
    "year": "integer",
    "agency_id": "varchar",
    "official_pct": "double",
    "rating": "varchar",
    "group_rank": "integer",
    "as_of_date": "date",
}
# Agency -> official_pct, rating and group_rank in each of three publications: B2 overtakes B1, B3 loses its score.
STANDINGS = [
    {"B1": "90.5, 'tot', 1", "B2": "88, 'kha', 2", "B3": "70, 'kha', 3"},
    {"B1": "90.5, 'tot', 2", "B2": "91.25, 'tot', 1", "B3": "NULL, NULL, NULL"},
    {"B1": "90.5, 'tot', 2", "B2": "91.25, 'tot', 1", "B3": "NULL, NULL, NULL"},
]


def publish_one(home: Home, seq: int) -> None:
    """Publication `seq` with its ranking, its load and its inputs."""
    nodes = [mart_node(name, **mart) for name, mart in MARTS.items()]
    nodes.append(mart_node("cchc.ranking", key=["year", "agency_id"], columns=RANKING))
    for column in ("official_pct", "rating", "group_rank"):
        nodes[-1]["columns"][column]["constraints"] = []
    home.build.mkdir(parents=True, exist_ok=True)
    manifest = home.build / "manifest.json"
    manifest.write_text(json.dumps(manifest_document(nodes)), encoding="utf-8")
    identity = small_identity(seq)
    small_build(home.build_db, identity.publication_id, agencies=3 + seq)
    rows = ", ".join(
        f"(2015, '{agency}', {values}, DATE '2016-01-0{seq}')" for agency, values in STANDINGS[seq - 1].items()
    )
    with duckdb.connect(str(home.build_db)) as connection:
        connection.execute("CREATE SCHEMA cchc")
        declared = ", ".join(f"{name} {kind}" for name, kind in RANKING.items())
        connection.execute(f"CREATE TABLE cchc.ranking ({declared})")
        connection.execute(f"INSERT INTO cchc.ranking VALUES {rows}")
    publish(home, home.build_db, read_catalog(manifest), identity, [], [])
    moment = datetime(2016, 1, seq)
    ledger = Ledger(home)
    ledger.append_load(
        LoadRecord(
            seq,
            f"{seq:016d}",
            "assessments",
            f"tu_cham_B{seq}.xlsx",
            "",
            1,
            moment,
            moment,
            "1",
            "accepted",
            rows_read=40,
            rows_accepted=40,
        )
    )
    inputs = {"as_of_date": "2015-12-31", "registry/exclusions.csv": f"{min(seq, 2)}" * 64, "rules": "r" * 64}
    ledger.append_run(
        RunRecord(
            identity.publication_id,
            moment,
            date(2015, 12, 31),
            identity.input_hash,
            "0",
            "2015.1",
            5,
            [seq],
            inputs=inputs,
        )
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("compared") / "home")
    for seq in (1, 2, 3):
        publish_one(home, seq)
    return home


def identity(seq: int) -> str:
    return small_identity(seq).publication_id


def shown(home: Home, *named: str) -> str:
    console = PlainConsole(file=io.StringIO(), width=80)
    show_difference(console, compare_publications(home, *(named or (None, None))))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert [line for line in text.splitlines() if cell_len(line.rstrip()) > 80] == []
    return " ".join(text.split())


def test_agencies_that_moved_are_listed_with_before_and_after(home: Home) -> None:
    found = compare_publications(home, identity(1), identity(2))
    assert found.moves == (
        Move(2015, "B1", {"official_pct": 90.5, "rating": "tot", "group_rank": 1},
             {"official_pct": 90.5, "rating": "tot", "group_rank": 2}),
        Move(2015, "B2", {"official_pct": 88.0, "rating": "kha", "group_rank": 2},
             {"official_pct": 91.25, "rating": "tot", "group_rank": 1}),
        Move(2015, "B3", {"official_pct": 70.0, "rating": "kha", "group_rank": 3},
             {"official_pct": None, "rating": None, "group_rank": None}),
    )  # fmt: skip
    text = shown(home, identity(1), identity(2))
    assert "2015 B2 88.00 → 91.25 kha → tot 2 → 1" in text
    assert "2015 B3 70.00 → - kha → - 3 → -" in text
    assert "cchc.ranking group_rank: 2015, B1 1 → 2" in text


def test_the_rows_of_every_table_are_those_of_the_manifest(home: Home) -> None:
    found = compare_publications(home, identity(1), identity(2))
    manifest = json.loads((home.publications / identity(2) / "manifest.json").read_text(encoding="utf-8"))
    assert {name: to_jsonable_python(diff) for name, diff in found.tables.items()} == {
        f"{entry['schema']}.{entry['name']}": entry["diff"] for entry in manifest["tables"]
    }
    assert "core.agency 4 5 1 0 0" in shown(home, identity(1), identity(2))


def test_loads_and_inputs_between_two_publications_are_named(home: Home) -> None:
    text = shown(home, identity(1), identity(3))
    assert "2 assessments tu_cham_B2.xlsx accepted 40 3 assessments tu_cham_B3.xlsx" in text
    assert "tu_cham_B1.xlsx" not in text
    assert "registry/exclusions.csv changed" in text
    assert "rules changed" not in text


def test_without_names_the_current_one_is_compared_with_the_one_before(home: Home) -> None:
    text = shown(home)
    assert f"from {identity(2)}" in text
    assert f"to {identity(3)}" in text
    assert "No agency moved in cchc.ranking." in text
    assert "Registry, contracts, rules, models and methods are the same." in text


def test_backwards_the_loads_are_those_that_no_longer_count(home: Home) -> None:
    assert "Deliveries removed load source file verdict accepted 2 " in shown(home, identity(2), identity(1))


def test_a_missing_publication_cannot_be_compared(home: Home, tmp_path: Path) -> None:
    with pytest.raises(PublicationError, match="there is no publication 0009-"):
        compare_publications(home, "0009-20151231-00000009", None)
    with pytest.raises(PublicationError, match="the oldest publication kept"):
        compare_publications(home, None, identity(1))
    with pytest.raises(PublicationError, match="nothing is published yet"):
        compare_publications(Home(tmp_path), None, None)


def test_the_command_names_the_files_of_the_second_night(cchc: Cchc, trouble_night: TroubleNight) -> None:
    outcome = cchc(trouble_night.home.root, "publications", "diff")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert f"to {trouble_night.publication_id}" in outcome.text
    (_, second) = read_records(trouble_night.home.runs)
    assert outcome.text.count(" accepted ") >= 1
    assert f" {second['loads'][0]} " in outcome.text
    assert "core.fct_dossier 400 460" in outcome.text
    listed = cchc(trouble_night.home.root, "publications").text
    assert "see this one" in listed
