"""A first night, and a second one without new deliveries: their files and their output."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.build.building import decide, may_be_empty
from flows.night import Night
from tests.support.deliveries import read_log, read_rows
from tests.support.night_homes import DOSSIERS, PLAIN, FirstNight
from tests.support.nights import ROOT, Cchc, clean_environment, copy_home, query, read_records, select, tree_of
from warehouse.config import Settings

MART_RULES = (
    *("on_time_by_agency_month", "index_by_agency", "index_by_population", "ranking", "criterion_scores"),
    *("plan_progress_by_agency_month", "feedback_by_agency_month"),
)
MARTS = {
    f"{path.parent.name}.{path.stem}"
    for folder in ("core", "marts/*")
    for path in (ROOT / "dbt_project" / "models").glob(f"{folder}/*.sql")
}


# The demo's criteria sets have no heading between area and criterion.
EMPTY = {"cchc.criterion_group_scores"}
INTERNAL = {name for name in MARTS if name.startswith("core.fct_")}


def rule_codes(subject: str) -> set[str]:
    content = yaml.safe_load((ROOT / "expectations" / "rules" / f"{subject}.yml").read_text(encoding="utf-8"))
    return {rule["code"] for rule in content["rules"]}


def key_codes(load: dict[str, Any]) -> set[str]:
    """Forms are checked for keys of other agencies; a log that states a dossier more than once has a result for it."""
    forms = {"ING-03"} if load["source"] == "survey_responses" else set()
    return forms | ({"ING-04"} if load["source"] == "dossiers" and load["rows_duplicate"] else set())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# The first night


def test_a_first_night_of_clean_deliveries_ends_with_exit_0_and_its_tables(first_night: FirstNight) -> None:
    outcome = first_night.outcome
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert "Deliveries of this night" in outcome.stdout
    assert f"Published {first_night.publication_id}" in outcome.stdout
    assert all(name in outcome.stdout for name in MARTS)
    assert all(file.path.name in outcome.stdout for file in first_night.report.files)
    assert first_night.publication_id.startswith("0001-20151231-")


@pytest.mark.parametrize("night", ["first_night", "conference_night"])
def test_every_delivered_row_is_accounted_for(night: str, request: pytest.FixtureRequest) -> None:
    ended: FirstNight = request.getfixturevalue(night)
    loads = {load["original_name"]: load for load in read_records(ended.home.loads)}
    assert len(loads) == len(ended.report.files)
    for file in ended.report.files:
        load = loads[file.path.name]
        assert load["verdict_status"] == "accepted"
        assert load["rows_read"] == len(read_rows(file.path)) + file.lines_besides
        counted = Counter(total=file.total_lines, group=file.group_lines, signature=file.signature_lines)
        counted += Counter(deleted=file.rows_deleted, test=file.rows_test)
        assert Counter(load["excluded"]) == +counted
        assert load["rows_excluded"] == counted.total()
        assert load["rows_duplicate"] == file.rows_repeated
        assert load["rows_accepted"] == file.rows - file.rows_repeated - file.rows_deleted - file.rows_test
        assert load["rows_quarantined"] == load["rows_held"] == 0
        assert load["data_until"] == file.last.isoformat()
        assert (load["size_bytes"], load["sha256"]) == (file.path.stat().st_size, sha256(file.path))


def test_the_published_ledger_is_the_ledger(first_night: FirstNight) -> None:
    names = "load_seq, load_id, original_name, rows_read, rows_accepted, rows_duplicate, rows_excluded, verdict_status"
    recorded = [tuple(load[name] for name in names.split(", ")) for load in read_records(first_night.home.loads)]
    assert select(first_night.home, f"SELECT {names} FROM quality.load_ledger ORDER BY 1") == recorded


def test_the_dossiers_of_the_deliveries_are_the_dossiers_of_the_mart(first_night: FirstNight) -> None:
    delivered = read_log(first_night.home.inbox, first_night.report).rows
    assert len(delivered) == DOSSIERS
    assert {code for (code,) in select(first_night.home, "SELECT dossier_code FROM core.fct_dossier")} == set(delivered)


@pytest.mark.parametrize(("profile", "expected"), [(".", MARTS), ("open", MARTS - INTERNAL)])
def test_a_profile_has_its_tables_in_duckdb_and_in_parquet(
    conference_night: FirstNight, profile: str, expected: set[str]
) -> None:
    folder = conference_night.home.current / profile
    stored = query(folder / "warehouse.duckdb", "SELECT schema_name || '.' || table_name FROM duckdb_tables()")
    assert {name for (name,) in stored} == expected
    assert {f"{path.parent.name}.{path.stem}" for path in (folder / "parquet").glob("*/*.parquet")} == expected
    for name in expected:
        schema, table = name.split(".")
        parquet = folder / "parquet" / schema / f"{table}.parquet"
        kept, written = query(
            folder / "warehouse.duckdb",
            f"SELECT count(*) FROM {name} UNION ALL SELECT count(*) FROM read_parquet(?)",
            str(parquet),
        )
        assert kept == written
        assert (kept[0] > 0) == (name not in EMPTY)


@pytest.mark.parametrize("profile", [".", "open"])
def test_datapackage_and_manifest_describe_the_published_files(first_night: FirstNight, profile: str) -> None:
    folder = first_night.home.current / profile
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        path = folder / resource["path"]
        assert (resource["bytes"], resource["hash"]) == (path.stat().st_size, f"sha256:{sha256(path)}")
    described = {resource["path"] for resource in package["resources"]}
    assert described == {path.relative_to(folder).as_posix() for path in (folder / "parquet").glob("*/*.parquet")}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found = {
        p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json"
    }
    if profile == ".":
        found["open/manifest.json"] = folder / "open" / "manifest.json"
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == {
        name: sha256(path) for name, path in found.items()
    }
    assert manifest["publication_id"] == first_night.publication_id


def test_the_summary_page_shows_the_night_and_the_province(first_night: FirstNight) -> None:
    page = (first_night.home.current / "summary.html").read_text(encoding="utf-8")
    assert "Khánh Hòa" in page
    assert "<svg" in page
    # Loads stand by their label: the name of a file may be that of a person.
    loads = read_records(first_night.home.loads)
    assert all(f"{load['source']}-{load['load_seq']}" in page for load in loads)
    assert not any(file.path.name in page for file in first_night.report.files)


def test_data_docs_have_a_page_for_every_suite_that_ran(first_night: FirstNight) -> None:
    site = first_night.home.docs / "data_docs"
    assert (site / "index.html").stat().st_size > 0
    suites = Counter(path.stem.rsplit("-", 1)[0] for path in (site / "expectations").rglob("*.html"))
    assert suites == dict.fromkeys(["dossiers", "dossier_events", *MART_RULES], 1)
    assert len(list((site / "validations").rglob("*.html"))) == suites.total()


def test_every_rule_of_every_load_and_of_every_mart_has_its_result(conference_night: FirstNight) -> None:
    results = select(conference_night.home, "SELECT load_seq, publication_id, rule_code FROM quality.rule_results")
    expected: list[tuple[Any, ...]] = [
        (load["load_seq"], None, code)
        for load in read_records(conference_night.home.loads)
        for code in rule_codes(load["source"]) | {"ING-01", "ING-02"} | key_codes(load)
    ]
    expected += [
        (None, conference_night.publication_id, code) for subject in MART_RULES for code in rule_codes(subject)
    ]
    assert Counter(results) == Counter(expected)
    counts = select(conference_night.home, "SELECT n_evaluated, n_failed, is_passed FROM quality.rule_results")
    assert all(evaluated > 0 and (failed == 0) is passed for evaluated, failed, passed in counts)


@pytest.mark.parametrize("profile", [".", "open"])
def test_every_published_basis_leads_to_a_heading_of_the_pages_in_that_publication(
    conference_night: FirstNight, profile: str
) -> None:
    folder = conference_night.home.current / profile
    headings = {
        anchor
        for page in ("methods.md", "domain.md")
        for anchor in re.findall(r'<a id="([\w-]+)"></a>', (folder / "docs" / page).read_text(encoding="utf-8"))
    }
    cited = re.compile(r"\b(methods|domain) §(\d+(?:\.\d+)*)")
    of_rules = [basis for (basis,) in query(folder / "warehouse.duckdb", "SELECT basis FROM quality.rule_results")]
    assert [basis for basis in of_rules if not cited.search(basis)] == []
    package = (folder / "datapackage.json").read_text(encoding="utf-8")
    citations = {found for text in (*of_rules, package) for found in cited.findall(text)}
    assert {page for page, _ in citations} == {"methods", "domain"}
    assert {f"{page}-{section.replace('.', '-')}" for page, section in citations} - headings == set()


def test_the_publication_knows_itself(first_night: FirstNight) -> None:
    columns = "publication_id, n_tables, is_official, as_of_date"
    assert select(first_night.home, f"SELECT {columns} FROM quality.publications") == [
        (first_night.publication_id, len(MARTS), False, date(2015, 12, 31))
    ]
    (run,) = read_records(first_night.home.runs)
    assert run["publication_id"] == first_night.publication_id
    assert run["loads"] == [load["load_seq"] for load in read_records(first_night.home.loads)]
    assert re.fullmatch(r"\d+\.\d+\.\d+(\+g[0-9a-f]{7,}(\.dirty)?)?", run["code_version"])
    assert select(first_night.home, "SELECT code_version FROM quality.publications") == [(run["code_version"],)]
    assert json.loads((first_night.home.current / "manifest.json").read_text())["code_version"] == run["code_version"]


def test_nothing_half_written_is_left(first_night: FirstNight) -> None:
    home = first_night.home
    assert list(home.staging.iterdir()) == []
    assert [path for path in home.root.rglob("*") if path.name.endswith((".tmp", ".wal"))] == []
    assert not home.lock_file.with_suffix(".json").exists()


# The second night

_IN_A_FRESH_PROCESS = """
import json, sys
from flows.cli.main import main
try:
    main()
except SystemExit as leave:
    loaded = sorted({name.partition(".")[0] for name in sys.modules} & {"dbt", "great_expectations", "prefect"})
    print(json.dumps({"exit_code": leave.code, "loaded": loaded}))
"""


def test_a_night_with_nothing_new_opens_neither_dbt_nor_great_expectations(first_night: FirstNight) -> None:
    home = first_night.home
    before = (
        tree_of(home.publications),
        tree_of(home.loads),
        tree_of(home.runs),
        tree_of(home.build),
        tree_of(home.docs),
    )
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_FRESH_PROCESS, "--home", str(home.root), *PLAIN],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, last = done.stdout.splitlines()
    assert json.loads(last) == {"exit_code": 0, "loaded": []}
    assert "nothing new: the same inputs are published" in lines
    assert f"publication {first_night.publication_id}" in lines
    assert home.current.readlink().name == first_night.publication_id
    after = tree_of(home.publications), tree_of(home.loads), tree_of(home.runs), tree_of(home.build), tree_of(home.docs)
    assert (*after[:3], after[4]) == (*before[:3], before[4])
    assert after[3].keys() == before[3].keys()
    assert read_records(home.nights)[-1]["publication_id"] == first_night.publication_id


def test_another_commit_alone_publishes_nothing(first_night: FirstNight, tmp_path: Path) -> None:
    """The input hash covers all inputs of a number; the version of the code is provenance only."""
    settings = Settings(home=copy_home(first_night.home, tmp_path / "home").root)
    decision = decide(Night(settings, code_version="9.9.9+gfffffff"))
    assert (decision.is_new, decision.publication_id) == (False, first_night.publication_id)


def test_a_night_without_deliveries_prints_the_next_step(cchc: Cchc, tmp_path: Path) -> None:
    outcome = cchc(tmp_path / "home", *PLAIN)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert "deliver files to the inbox" in outcome.text
    assert not (tmp_path / "home" / "publications").exists()


# Tables that may be empty


def test_a_table_may_be_empty_only_before_its_source_began(first_night: FirstNight, tmp_path: Path) -> None:
    """The plan is first reported for December: for a day in summer it has no task yet, and a month of the last
    publication may be gone; for its own day a table that loses all its rows is a fault."""
    night = Night(Settings(home=copy_home(first_night.home, tmp_path / "home").root))
    load = night.ledger.loads()[0]
    night.ledger.append_load(
        replace(
            load,
            load_seq=night.ledger.next_load_seq(),
            load_id="f" * 16,
            source="plan_tasks",
            data_from=date(2015, 12, 1),
            data_until=date(2015, 12, 31),
        )
    )
    in_summer = may_be_empty(night, date(2015, 6, 30))
    assert {"core.dim_plan_task", "timeliness.overdue_ageing"} <= in_summer
    assert not {"core.fct_dossier", "core.dim_date"} & in_summer
    on_its_day = may_be_empty(night, date(2015, 12, 31))
    assert not {"core.dim_plan_task", "timeliness.overdue_ageing", "core.fct_dossier"} & on_its_day
    assert "satisfaction.index_by_district" in on_its_day
