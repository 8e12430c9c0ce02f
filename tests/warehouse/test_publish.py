from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic_core import to_jsonable_python

from tests.support.publishing import small_build, small_catalog, small_identity
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.publication.audits import standard_audits
from warehouse.publication.catalog import Column, Table
from warehouse.publication.copying import ShapeError
from warehouse.publication.diff import diff_table
from warehouse.publication.identity import publication_id
from warehouse.publication.pointer import read_pointer, standing_rollback
from warehouse.publication.publications import (
    PublicationError,
    current_publication,
    find_by_input_hash,
    list_publications,
    next_seq,
    prune,
    rollback,
    show,
)
from warehouse.publication.publish import AuditFailedError, PublicationReport, publish
from warehouse.publication.staged import Audit, Extra, StagedPublication

AUDITS = standard_audits(personal_columns={"applicant_key", "applicant_name"})
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def publish_small(
    home: Home,
    seq: int,
    *,
    audits: Sequence[Audit] = (),
    extras: Sequence[Extra] = (),
    statements: Sequence[str] = (),
    **build: Any,
) -> PublicationReport:
    """Publish the small warehouse; `statements` first change the build."""
    home.build.mkdir(parents=True, exist_ok=True)
    identity = small_identity(seq)
    build_db = small_build(home.build_db, identity.publication_id, **build)
    with duckdb.connect(str(build_db)) as connection:
        for statement in statements:
            connection.execute(statement)
    return publish(home, build_db, small_catalog(home.build), identity, audits, extras)


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def contents(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of both database files."""
    rows = {}
    for database in (folder / "warehouse.duckdb", folder / "open" / "warehouse.duckdb"):
        for (name,) in query(database, "SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY ALL"):
            rows[f"{database.parent.name}:{name}"] = query(database, f"FROM {name} ORDER BY ALL")
    return rows


# Published files


def test_a_publication_holds_both_profiles_and_nothing_of_the_build(home: Home) -> None:
    report = publish_small(home, 1, audits=AUDITS)
    assert (report.publication_id, report.is_new, report.previous_id) == ("0001-20151231-00000001", True, None)
    names = {"core/agency", "quality/load_ledger", "timeliness/standing"}
    expected = {f"open/parquet/{name}.parquet" for name in names} | {f"parquet/{name}.parquet" for name in names}
    expected |= {f"{f}{n}" for f in ("", "open/") for n in ("warehouse.duckdb", "datapackage.json", "manifest.json")}
    assert set(tree(home.current)) == expected | {"parquet/core/fct_dossier.parquet"}
    tables = "SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY 1"
    everything = [("core.agency",), ("core.fct_dossier",), ("quality.load_ledger",), ("timeliness.standing",)]
    assert query(home.current / "warehouse.duckdb", tables) == everything
    assert query(home.current / "open/warehouse.duckdb", tables) == [n for n in everything if "fct_" not in n[0]]


@pytest.mark.parametrize("profile", ["", "open"])
def test_the_file_has_the_storage_that_older_drivers_open(home: Home, profile: str) -> None:
    publish_small(home, 1)
    header = (home.current / profile / "warehouse.duckdb").read_bytes()[:52]
    # Main header: 8 bytes checksum, magic, then the storage number; 64 to 68 are what DuckDB 1.x can read.
    assert header[8:12] == b"DUCK"
    assert 64 <= int.from_bytes(header[12:20], "little") <= 68
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{home.current / profile / 'warehouse.duckdb'}' AS published (READ_ONLY)")
        (tags,) = connection.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'published'").fetchone()
    assert tags["storage_version"].startswith("v1.2.0")


def test_columns_carry_types_constraints_and_both_languages(home: Home) -> None:
    publish_small(home, 1)
    columns = query(
        home.current / "warehouse.duckdb",
        "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() WHERE table_name = 'standing'",
    )
    assert ("points", "DECIMAL(9,4)", True, "Cột points. | Column points.") in columns
    assert ("year", "INTEGER", False, "Cột year. | Column year.") in columns
    comment = query(
        home.current / "warehouse.duckdb", "SELECT comment FROM duckdb_tables() WHERE table_name = 'agency'"
    )
    assert comment == [("Bảng agency của tỉnh. | Table agency, with \"quotes\" and 'apostrophes'.",)]


def test_small_tables_are_in_key_order_in_both_formats(home: Home) -> None:
    publish_small(home, 1)
    expected = [("A0",), ("A1",), ("A2",), ("A3",)]
    assert query(home.current / "warehouse.duckdb", "SELECT agency_id FROM core.agency") == expected
    with duckdb.connect() as connection:
        parquet = home.current / "open/parquet/core/agency.parquet"
        assert connection.execute(f"SELECT agency_id FROM '{parquet}'").fetchall() == expected


def test_the_manifest_hashes_every_file_and_counts_every_row(home: Home) -> None:
    publish_small(home, 1)
    manifest = json.loads((home.current / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == set(tree(home.current)) - {"manifest.json"}
    assert {table["name"]: table["rows"] for table in manifest["tables"]} == {
        "agency": 4,
        "fct_dossier": 20,
        "load_ledger": 1,
        "standing": 4,
    }
    outside = json.loads((home.current / "open/manifest.json").read_text(encoding="utf-8"))
    assert outside["profile"] == "open"
    assert "fct_dossier" not in json.dumps(outside)


def test_an_extra_writes_its_file_into_the_publication(home: Home) -> None:
    def write_page(staged: StagedPublication) -> None:
        with staged.open_database() as connection:
            counted = connection.execute("SELECT count(*) FROM core.agency").fetchone()
        (staged.folder / "summary.html").write_text(f"{counted}", encoding="utf-8")

    publish_small(home, 1, extras=[write_page])
    assert (home.current / "summary.html").read_text(encoding="utf-8") == "(4,)"
    assert "summary.html" in json.loads((home.current / "manifest.json").read_text(encoding="utf-8"))["files"]


def test_published_files_cannot_be_written_by_accident(home: Home) -> None:
    publish_small(home, 1)
    assert {path.stat().st_mode & 0o222 for path in home.current.resolve().rglob("*") if path.is_file()} == {0}


# Differences from the previous publication


def test_the_diff_counts_rows_by_key_and_finds_the_largest_rank_move(home: Home) -> None:
    publish_small(home, 1)
    report = publish_small(
        home, 2, agencies=5, first_pct=87.5, statements=["DELETE FROM core.agency WHERE agency_id = 'A1'"]
    )
    diffs = {table.name: to_jsonable_python(table.diff) for table in report.tables}
    assert report.previous_id == "0001-20151231-00000001"
    assert diffs["agency"] | {"largest_rank_move": None} == {
        "rows_before": 4,
        "rows_after": 4,
        "added": 1,
        "removed": 1,
        "changed": 0,
        "largest_rank_move": None,
        "columns_added": [],
        "columns_removed": [],
    }
    # A0 falls from 90 to 87.5 per cent, behind A1 (89) and A2 (88), each of which moves up one place.
    assert (diffs["standing"]["added"], diffs["standing"]["changed"]) == (1, 3)
    assert diffs["standing"]["largest_rank_move"] == {
        "column": "group_rank",
        "key": {"year": "2015", "agency_id": "A0"},
        "before": 1,
        "after": 3,
        "places": 2,
    }
    assert diffs["fct_dossier"]["rows_before"] == 20
    assert diffs["fct_dossier"]["changed"] is None


def test_the_diff_names_columns_that_only_one_publication_has(tmp_path: Path) -> None:
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    with connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS k, 2 AS kept, 3 AS gone) TO '{before}'")
        connection.execute(f"COPY (SELECT 1 AS k, 2 AS kept, 4 AS fresh) TO '{after}'")
        columns = tuple(Column(name, "INTEGER", False, "", "") for name in ("k", "kept", "fresh"))
        found = diff_table(
            connection, Table("s", "t", "", "", None, None, ("k",), "open", columns), before, after, 1, 1
        )
    assert (found.changed, found.columns_added, found.columns_removed) == (0, ("fresh",), ("gone",))


def test_run_stamps_and_rounding_noise_are_no_change(home: Home) -> None:
    publish_small(home, 1)
    noise = ["UPDATE timeliness.standing SET on_time_pct = on_time_pct + 1e-12, as_of_date = DATE '2016-01-01'"]
    report = publish_small(home, 2, statements=noise)
    diffs = {table.name: to_jsonable_python(table.diff) for table in report.tables}
    assert [diffs[name]["changed"] for name in ("agency", "load_ledger", "standing")] == [0, 0, 0]


# Audits


SPOILED = {
    "a repeated key": ("INSERT INTO core.agency FROM core.agency LIMIT 1", "keys", "occur more than once"),
    "lost rows": ("UPDATE quality.load_ledger SET rows_accepted = 17", "row accounting", "20 rows read, 19 accounted"),
    "an empty table": ("DELETE FROM timeliness.standing", "empty tables", "timeliness.standing has no row"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_failed_audit_leaves_everything_untouched(home: Home, spoiled: str) -> None:
    publish_small(home, 1)
    before = tree(home.publications)
    statement, audit, sentence = SPOILED[spoiled]
    with pytest.raises(AuditFailedError, match=sentence) as caught:
        publish_small(home, 2, audits=AUDITS, statements=[statement])
    assert [name for name, _ in caught.value.failures] == [audit]
    assert tree(home.publications) == before
    assert read_pointer(home) == "0001-20151231-00000001"


def test_all_failures_of_all_audits_are_listed(home: Home) -> None:
    statements = [SPOILED["lost rows"][0], SPOILED["an empty table"][0]]
    with pytest.raises(AuditFailedError) as caught:
        publish_small(home, 1, audits=AUDITS, statements=statements)
    assert [name for name, _ in caught.value.failures] == ["row accounting", "empty tables"]
    assert list(home.publications.iterdir()) == []


def test_a_table_may_be_empty_when_declared(home: Home) -> None:
    audits = standard_audits(personal_columns=(), may_be_empty={"timeliness.standing"})
    assert publish_small(home, 1, audits=audits, statements=["DELETE FROM timeliness.standing"]).is_new


def test_a_personal_column_is_refused_in_every_profile(home: Home) -> None:
    audits = standard_audits(personal_columns={"agency_name"})
    with pytest.raises(AuditFailedError) as caught:
        publish_small(home, 1, audits=audits)
    assert [sentence for _, sentence in caught.value.failures] == [
        "internal: core.agency.agency_name is personal",
        "open: core.agency.agency_name is personal",
    ]


@pytest.mark.parametrize(
    ("statement", "failure"),
    [
        ("CREATE TABLE core.fct_dossier (dossier_code VARCHAR)", "core.fct_dossier is internal and is in open/"),
        ("ALTER TABLE core.agency ADD COLUMN phone VARCHAR", "open: core.agency.phone is not in the catalog"),
        ("ALTER TABLE timeliness.standing ALTER year TYPE BIGINT", "year is BIGINT, the catalog says INTEGER"),
        ("DROP TABLE core.agency", "open: core.agency is missing"),
    ],
)
def test_an_audit_looks_at_the_staged_file_and_not_at_the_plan(home: Home, statement: str, failure: str) -> None:
    def tamper(staged: StagedPublication) -> list[str]:
        with duckdb.connect(str(staged.folder / "open" / "warehouse.duckdb")) as connection:
            connection.execute(statement)
        return []

    with pytest.raises(AuditFailedError, match=failure):
        publish_small(home, 1, audits=[Audit("tamper", tamper), *AUDITS])


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("ALTER TABLE core.agency DROP agency_name", "core.agency.agency_name is missing"),
        ("ALTER TABLE core.agency ADD COLUMN applicant_key VARCHAR", "core.agency.applicant_key is not in the catalog"),
        ("ALTER TABLE timeliness.standing ALTER year TYPE BIGINT", "standing.year is BIGINT, the catalog says INTEGER"),
        ("DROP TABLE quality.load_ledger", "quality.load_ledger is missing"),
        ("UPDATE core.agency SET agency_id = NULL WHERE agency_id = 'A1'", "core.agency: .*NOT NULL"),
    ],
)
def test_a_build_that_breaks_its_contract_is_not_published(home: Home, statement: str, problem: str) -> None:
    with pytest.raises(ShapeError, match=problem):
        publish_small(home, 1, statements=[statement])
    assert list(home.publications.iterdir()) == []


def test_a_connection_left_open_by_an_extra_stops_the_publication(home: Home) -> None:
    left_open = []

    def forget_to_close(staged: StagedPublication) -> None:
        left_open.append(duckdb.connect(str(staged.folder / "warehouse.duckdb")))
        left_open[0].execute("CREATE TABLE core.scratch AS SELECT 1 AS one")

    with pytest.raises(PublicationError, match=r"left open: warehouse\.duckdb\.wal"):
        publish_small(home, 1, extras=[forget_to_close])
    left_open[0].close()
    assert list(home.publications.iterdir()) == []


# Readers and kills


def test_a_reader_sees_no_error_and_no_mixture_through_publications_and_rollbacks(home: Home) -> None:
    publish_small(home, 1)
    reader = subprocess.Popen(
        [sys.executable, "-m", "tests.support.reader_loop", str(home.current / "warehouse.duckdb")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    for seq in range(2, 12):
        publish_small(home, seq)
        if seq % 3 == 0:
            rollback(home, None)
        time.sleep(0.05)
    output, _ = reader.communicate("stop\n", timeout=60)
    seen = json.loads(output)
    assert seen["errors"] == []
    assert seen["mixtures"] == []
    assert seen["reads"] > 20
    assert len(seen["publications"]) > 5


KILL_POINTS = [
    "warehouse.publication.copying._copy_table",
    "warehouse.publication.publish._run_audits",
    "warehouse.publication.publish.write_manifest",
    "warehouse.publication.publish.seal",
    "pathlib.Path.rename",
    "warehouse.publication.publish.move_pointer",
    "pathlib.Path.symlink_to",
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """The content of the second publication without a kill."""
    home = Home(tmp_path_factory.mktemp("undisturbed"))
    publish_small(home, 2, agencies=6)
    return contents(home.current)


@pytest.mark.parametrize("kill_point", KILL_POINTS)
def test_a_killed_publication_is_made_whole_by_the_next_run(
    home: Home, undisturbed: dict[str, list[tuple[Any, ...]]], kill_point: str
) -> None:
    publish_small(home, 1)
    shown = tree(home.current)
    build_db = small_build(home.build_db, small_identity(2).publication_id, agencies=6)
    command = [sys.executable, "-m", "tests.support.kill_publish", str(home.root), str(build_db), "2", kill_point]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    assert read_pointer(home) == "0001-20151231-00000001"
    assert tree(home.current) == shown
    publish_small(home, 2, agencies=6)
    assert sorted(path.name for path in home.publications.iterdir()) == [
        "0001-20151231-00000001",
        "0002-20151231-00000002",
        "current",
    ]
    assert read_pointer(home) == "0002-20151231-00000002"
    assert contents(home.current) == undisturbed
    show(home, "0002-20151231-00000002")


def test_a_pointer_left_half_moved_is_moved_by_the_next_run(home: Home) -> None:
    publish_small(home, 1)
    (home.publications / "current.tmp").symlink_to("0009-20151231-00000009")
    publish_small(home, 2)
    assert read_pointer(home) == "0002-20151231-00000002"
    assert not (home.publications / "current.tmp").is_symlink()


def test_a_complete_publication_is_shown_again_and_not_made_again(home: Home) -> None:
    publish_small(home, 1)
    before = tree(home.current)
    publish_small(home, 2)
    again = publish_small(home, 1, agencies=9)
    assert (again.is_new, again.publication_id) == (False, read_pointer(home))
    assert tree(home.current) == before


def test_a_damaged_publication_of_the_same_id_is_not_shown(home: Home) -> None:
    folder = publish_small(home, 1).folder
    publish_small(home, 2)
    (folder / "parquet/core/agency.parquet").unlink()
    with pytest.raises(PublicationError, match=r"parquet/core/agency\.parquet is missing"):
        publish_small(home, 1)
    assert read_pointer(home) == "0002-20151231-00000002"


# Rolling back, pruning, finding


def test_rolling_back_returns_to_the_previous_publication(home: Home) -> None:
    for seq in (1, 2):
        publish_small(home, seq)
    assert rollback(home, None) == ("0002-20151231-00000002", "0001-20151231-00000001")
    publish_small(home, 3)
    # The second was rolled back, so the third is rolled back to the first.
    assert rollback(home, None) == ("0003-20151231-00000003", "0001-20151231-00000001")
    assert rollback(home, "0003-20151231-00000003")[1] == read_pointer(home)


def test_a_rollback_lasts_until_a_new_publication(home: Home) -> None:
    for seq in (1, 2):
        publish_small(home, seq)
    assert standing_rollback(home) is None
    rollback(home, None)
    standing = standing_rollback(home)
    assert standing is not None
    assert (standing.from_id, standing.to_id) == ("0002-20151231-00000002", "0001-20151231-00000001")
    publish_small(home, 3)
    assert standing_rollback(home) is None


def test_a_tampered_publication_is_not_rolled_back_to(home: Home) -> None:
    folder = publish_small(home, 1).folder
    publish_small(home, 2)
    database = folder / "warehouse.duckdb"
    database.chmod(0o644)
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE timeliness.standing SET on_time_pct = 100")
    with pytest.raises(PublicationError, match=r"warehouse\.duckdb was altered"):
        rollback(home, None)
    assert read_pointer(home) == "0002-20151231-00000002"
    assert standing_rollback(home) is None


def test_a_file_slipped_into_a_publication_is_noticed(home: Home) -> None:
    folder = publish_small(home, 1).folder
    publish_small(home, 2)
    (folder / "warehouse.duckdb.wal").write_bytes(b"")
    with pytest.raises(PublicationError, match=r"warehouse\.duckdb\.wal is not in the manifest"):
        rollback(home, None)


def test_there_is_nothing_to_roll_back_to(home: Home) -> None:
    with pytest.raises(PublicationError, match="nothing is published yet"):
        rollback(home, None)
    publish_small(home, 1)
    with pytest.raises(PublicationError, match="oldest publication kept"):
        rollback(home, None)
    with pytest.raises(PublicationError, match="there is no publication 0009-x"):
        rollback(home, "0009-x")
    with pytest.raises(PublicationError, match="is the current publication already"):
        rollback(home, "0001-20151231-00000001")


def test_pruning_keeps_the_newest_the_shown_and_the_pinned(home: Home) -> None:
    for seq in range(1, 7):
        publish_small(home, seq)
    (home.root / "releases").mkdir()
    (home.root / "releases" / "123-QD-UBND").symlink_to("../publications/0002-20151231-00000002")
    rollback(home, "0003-20151231-00000003")
    assert sorted(prune(home, keep=2)) == ["0001-20151231-00000001", "0004-20151231-00000004"]
    kept = list_publications(home)
    assert [summary.seq for summary in kept] == [6, 5, 3, 2]
    assert [summary.seq for summary in kept if summary.is_current] == [3]
    assert {summary.seq: summary.decision_numbers for summary in kept}[2] == ("123-QD-UBND",)
    assert prune(home, keep=2) == []


def test_publications_are_found_by_their_inputs(home: Home) -> None:
    assert (list_publications(home), current_publication(home), next_seq(home)) == ([], None, 1)
    for seq in (1, 2):
        publish_small(home, seq)
    found = find_by_input_hash(home, small_identity(1).input_hash)
    assert found is not None
    assert (found.publication_id, found.is_current, found.n_tables) == ("0001-20151231-00000001", False, 4)
    assert (found.built_at, found.as_of_date) == (small_identity(1).built_at, small_identity(1).as_of_date)
    assert find_by_input_hash(home, "0" * 64) is None
    current = current_publication(home)
    assert current is not None
    assert (current.seq, current.previous_id, next_seq(home)) == (2, "0001-20151231-00000001", 3)


def test_a_publication_id_has_sequence_date_and_inputs() -> None:
    identity = small_identity(7)
    assert publication_id(12, identity.as_of_date, "3f2a9c1b" + "0" * 56) == "0012-20151231-3f2a9c1b"
