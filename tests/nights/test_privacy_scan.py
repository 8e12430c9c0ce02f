"""No personal value of the deliveries is outside the inbox and the archive; one night ran in Prefect."""

from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path

import duckdb
import msgpack
import pytest

from tests.support.deliveries import personal_values
from tests.support.night_homes import FirstNight, TroubleNight
from tests.support.nights import Cchc, read_records, select, tree_of
from tests.support.scanner import Needles, scan

# Deliveries, archived bytes and the key: readable by the owner only.
EXEMPT = {"archive", "inbox", "secret"}


@pytest.fixture(scope="module")
def personal(trouble_night: TroubleNight) -> set[str]:
    return personal_values(trouble_night.home.inbox)


@pytest.fixture(scope="module")
def needles(personal: set[str]) -> Needles:
    return Needles(personal)


def test_the_deliveries_are_full_of_personal_values(
    personal: set[str], first_night: FirstNight, trouble_night: TroubleNight, needles: Needles
) -> None:
    added = personal - personal_values(first_night.home.inbox)
    assert len(personal) > 1_000
    assert len(added) > 50
    found = scan(trouble_night.home.inbox, needles)
    assert {name for name in found if name.endswith(".csv")} == {
        path.relative_to(trouble_night.home.inbox).as_posix() for path in trouble_night.home.inbox.rglob("*.csv")
    }


@pytest.mark.parametrize(
    "folder", ["landing", "quarantine", "ledger", "build", "publications", "docs", "prefect", "staging", "alerts"]
)
def test_no_personal_value_is_in(trouble_night: TroubleNight, needles: Needles, folder: str) -> None:
    root = trouble_night.home.root / folder
    assert folder == "staging" or tree_of(root)
    assert scan(root, needles) == {}


def test_no_personal_value_of_a_form_or_a_workbook_is_outside_the_deliveries(
    conference_night: FirstNight,
) -> None:
    home = conference_night.home
    personal = personal_values(home.inbox)
    assert len(personal) > 20_000
    needles = Needles(personal)
    assert scan(home.inbox / "survey_responses", needles)
    folders = [path for path in home.root.iterdir() if path.is_dir() and path.name not in EXEMPT]
    assert {path.name for path in folders} >= {"landing", "ledger", "build", "publications", "docs"}
    assert {path.name: scan(path, needles) for path in folders} == {path.name: {} for path in folders}


def test_the_same_search_finds_allowed_values(trouble_night: TroubleNight) -> None:
    code = "Mỗi hồ sơ phải có thủ tục, có trong danh mục TTHC vào ngày tiếp nhận."
    file, dossier = "hoso_thieu_cot_20151201_20151231.csv", a_published_dossier(trouble_night)
    found = scan(trouble_night.home.root, Needles([code, file, dossier]))
    seen = {(name.split("/")[0], what) for name, texts in found.items() for what in texts}
    assert {(folder, dossier) for folder in ("landing", "build", "publications")} <= seen
    assert {(folder, file) for folder in ("ledger", "build", "publications")} <= seen
    assert {(folder, code) for folder in ("ledger", "build", "publications", "docs", "prefect")} <= seen


def a_published_dossier(night: TroubleNight) -> str:
    ((code,),) = select(night.home, "SELECT min(dossier_code) FROM core.fct_dossier")
    return str(code)


def test_every_folder_of_a_home_was_scanned(trouble_night: TroubleNight, needles: Needles) -> None:
    scanned = {"landing", "quarantine", "ledger", "build", "publications", "docs", "prefect", "staging", "alerts"}
    assert {path.name for path in trouble_night.home.root.iterdir() if path.is_dir()} == scanned | EXEMPT
    for path in trouble_night.home.root.iterdir():
        assert path.is_dir() or needles.find_in(path.read_bytes() + b"\n\n") == set()


def test_no_personal_value_is_printed(
    cchc: Cchc, first_night: FirstNight, trouble_night: TroubleNight, needles: Needles
) -> None:
    home = trouble_night.home
    shown = [
        cchc(home.root, "quarantine", "show", str(load["load_seq"]))
        for load in read_records(home.loads)
        if load["rows_quarantined"]
    ]
    assert len(shown) == 1
    shown += [cchc(home.root, "status"), cchc(home.root, "quarantine", "list"), cchc(home.root, "doctor")]
    for outcome in (first_night.outcome, trouble_night.outcome, *shown):
        assert outcome.stdout
        printed = outcome.stdout + outcome.stderr
        # A terminal breaks long values over lines.
        assert needles.find_in(printed.encode()) | needles.find_in(" ".join(printed.split()).encode()) == set()


def test_the_audit_of_a_home_finds_nothing(cchc: Cchc, trouble_night: TroubleNight) -> None:
    outcome = cchc(trouble_night.home.root, "privacy", "audit")
    assert (outcome.exit_code, outcome.stderr) == (0, ""), outcome.stdout
    assert "No personal data outside the archive" in outcome.text


def test_exempt_folders_are_readable_by_the_owner_only(trouble_night: TroubleNight) -> None:
    home = trouble_night.home

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(home.archive) == 0o700
    assert {mode(folder) for folder in home.archive.iterdir()} == {0o700}
    assert {mode(path) for path in home.archive.rglob("*") if path.is_file() and path.suffix != ".json"} == {0o400}
    assert (mode(home.key_file.parent), mode(home.key_file)) == (0o700, 0o400)


def test_identifiers_of_persons_land_as_pseudonyms_and_are_never_published(trouble_night: TroubleNight) -> None:
    home = trouble_night.home
    with duckdb.connect() as connection:
        landed = connection.execute(
            "SELECT count(*), count(applicant_key), bool_and(regexp_full_match(applicant_key, 'k1:[0-9a-f]{32}')) "
            "FROM read_parquet(?)",
            [f"{home.landing}/dossiers/*/*.parquet"],
        ).fetchall()
    ((rows, keyed, are_pseudonyms),) = landed
    assert keyed == rows > 400
    assert are_pseudonyms
    for path in home.publications.rglob("datapackage.json"):
        package = json.loads(path.read_text(encoding="utf-8"))
        columns = {field["name"] for table in package["resources"] for field in table["schema"]["fields"]}
        assert not {name for name in columns if name.startswith("applicant")}


# The scanner itself: the kinds of files in which it finds planted values

VALUE, NUMBER = "Nguyễn Thị Mô Phỏng Ẩn", "995675954"


def in_parquet(path: Path, text: str) -> None:
    duckdb.connect().execute(
        f"COPY (SELECT i, CASE WHEN i = 500 THEN '{text}' ELSE 'x' || i END AS v FROM range(1000) AS r(i)) "
        f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
    )


def in_duckdb(path: Path, text: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE SCHEMA s; CREATE TABLE s.t AS SELECT '{text}' AS v FROM range(5000)")


def in_sqlite(path: Path, text: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE artifact (id TEXT, data TEXT)")
        connection.execute("INSERT INTO artifact VALUES ('0a1b2c', ?)", (json.dumps({"data": f"of {text}"}),))
    connection.close()


PLANTS = {
    "rows.parquet": in_parquet,
    "warehouse.duckdb": in_duckdb,
    "prefect.db": in_sqlite,
    "escaped.json": lambda path, text: path.write_text(json.dumps({"message": [f"of {text}, twice"]})),
    "readable.json": lambda path, text: path.write_text(json.dumps({"message": text}, ensure_ascii=False)),
    "page.html": lambda path, text: path.write_text(f"<td>{text}</td>"),
    "night.log": lambda path, text: path.write_text(f"02:00:01 | ERROR | line 7: {text}\n"),
    "compiled.sql": lambda path, text: path.write_text(f"select '{text}' as v"),
    "partial_parse.msgpack": lambda path, text: path.write_bytes(msgpack.packb({"a": [1, text, None]})),
    "graph.gpickle": lambda path, text: path.write_bytes(b"\x80\x04\x8c" + text.encode() + b"\x94."),
}


@pytest.mark.parametrize("text", [VALUE, NUMBER])
@pytest.mark.parametrize("name", PLANTS)
def test_the_scanner_finds_a_value_planted_in(tmp_path: Path, name: str, text: str) -> None:
    PLANTS[name](tmp_path / name, text)
    assert scan(tmp_path, Needles([VALUE, NUMBER, "Trần Văn Mô Phỏng Khác"])) == {name: {text}}


def test_the_scanner_takes_no_fraction_of_a_second_for_an_identity_number() -> None:
    needles = Needles([NUMBER])
    assert needles.find_in(b'{"execution_time": 0.995675954}') == set()
    assert needles.find_in(b"sha256 1f995675954a") == set()
    assert needles.find_in(b"CCCD 995675954;") == {NUMBER}
