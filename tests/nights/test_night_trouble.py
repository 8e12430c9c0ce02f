"""A night with bad files, and the nights after it: rows set aside, held files, and their reports."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deliveries import read_rows
from tests.support.night_homes import DOSSIERS, HOME_NAME, PLAIN, TroubleNight
from tests.support.nights import Cchc, copy_home, query, read_records, select

RULE_BEHIND = {"impossible_date": "ING-02", "unknown_agency": "DOS-05", "unknown_procedure": "DOS-09"}
BAD_ROWS = "dossiers/hoso_bo_sung_20151201_20151231.csv"
EVENTS = "dossier_events/sukien_bo_sung_20151201_20151231.csv"
WITHOUT_COLUMN = "dossiers/hoso_thieu_cot_20151201_20151231.csv"
TRUNCATED = "dossiers/hoso_huyen_bo_sung_20151201_20151231.xlsx"
SCANNED = "dossiers/hoso_huyen_ban_quet_20151201_20151231.xlsx"


def load_of(night: TroubleNight, path: str) -> dict[str, Any]:
    source, name = path.split("/")
    (load,) = [
        load for load in read_records(night.home.loads) if (load["source"], load["original_name"]) == (source, name)
    ]
    return load


def test_a_night_that_needs_attention_ends_with_exit_3(trouble_night: TroubleNight) -> None:
    outcome = trouble_night.outcome
    assert (outcome.exit_code, outcome.stderr) == (3, "")
    assert "cchc quarantine list" in outcome.text
    assert f"Published {trouble_night.publication_id}" in outcome.stdout
    assert trouble_night.publication_id.startswith("0002-20151231-")


def test_every_file_gets_the_verdict_that_it_deserves(trouble_night: TroubleNight) -> None:
    verdicts = {path: load_of(trouble_night, path)["verdict_status"] for path in trouble_night.declared}
    assert verdicts == {path: what["verdict"] for path, what in trouble_night.declared.items()}


def test_three_rows_are_set_aside_with_their_lines_and_rules(trouble_night: TroubleNight) -> None:
    bad = trouble_night.declared[BAD_ROWS]["bad"]
    load_id = load_of(trouble_night, BAD_ROWS)["load_id"]
    path = trouble_night.home.quarantine / "dossiers" / f"load_id={load_id}" / "rows.parquet"
    rows = query(None, "SELECT line, rule_codes FROM read_parquet(?) ORDER BY line", str(path))
    assert rows == sorted((row["line"], RULE_BEHIND[row["fault"]]) for row in bad)
    assert {code for _, code in rows} == set(RULE_BEHIND.values())
    assert [path.name for path in trouble_night.home.quarantine.rglob("*.parquet")] == ["rows.parquet"]


def test_rows_set_aside_are_shown_with_their_cells(cchc: Cchc, trouble_night: TroubleNight) -> None:
    load = load_of(trouble_night, BAD_ROWS)
    shown = cchc(trouble_night.home.root, "quarantine", "show", str(load["load_seq"]))
    assert shown.exit_code == 0
    rows = shown.stdout.split("\nline ")[1:]
    declared = sorted(trouble_night.declared[BAD_ROWS]["bad"], key=lambda row: row["line"])
    for text, row in zip(rows, declared, strict=True):
        assert text.startswith(f"{row['line']} ")
        assert RULE_BEHIND[row["fault"]] in text
        assert row["value"] in " ".join(text.split())
    listed = cchc(trouble_night.home.root, "quarantine", "list").text
    assert all(code in listed for code in RULE_BEHIND.values())


def test_a_dossier_whose_row_was_set_aside_names_the_rule(cchc: Cchc, trouble_night: TroubleNight) -> None:
    listed = read_rows(trouble_night.home.inbox / BAD_ROWS)
    row = next(row for row in trouble_night.declared[BAD_ROWS]["bad"] if row["fault"] == "unknown_procedure")
    told = cchc(trouble_night.home.root, "dossier", listed[row["line"] - 2]["Mã hồ sơ"])
    assert told.exit_code == 0
    words = " ".join(told.stdout.split())
    assert f"dòng {row['line']} (lần nạp {load_of(trouble_night, BAD_ROWS)['load_seq']}) quy tắc DOS-09" in words
    assert row["value"] in words


def test_the_reason_of_a_held_file_names_the_column_and_the_nearest_header(trouble_night: TroubleNight) -> None:
    declared, load = trouble_night.declared[WITHOUT_COLUMN], load_of(trouble_night, WITHOUT_COLUMN)
    assert f"«{declared['missing']}»" in load["reason"]
    assert f"«{declared['near']}»" in load["reason"]
    assert load["reason"] in trouble_night.outcome.text


def test_the_rows_of_every_file_add_up(trouble_night: TroubleNight) -> None:
    ends = ("rows_accepted", "rows_quarantined", "rows_duplicate", "rows_excluded", "rows_held")
    found = {
        path: (load["rows_read"], *(load[end] for end in ends))
        for path in trouble_night.declared
        for load in [load_of(trouble_night, path)]
    }
    n_events, n_held = (trouble_night.declared[path]["rows"] for path in (EVENTS, WITHOUT_COLUMN))
    assert found == {
        BAD_ROWS: (63, 60, 3, 0, 0, 0),
        EVENTS: (n_events, n_events, 0, 0, 0, 0),
        WITHOUT_COLUMN: (n_held, 0, 0, 0, 0, n_held),
        TRUNCATED: (0, 0, 0, 0, 0, 0),
        SCANNED: (0, 0, 0, 0, 0, 0),
    }
    wrong = f"SELECT original_name FROM quality.load_ledger WHERE rows_read <> {' + '.join(ends)}"
    assert select(trouble_night.home, wrong) == []


def test_broken_files_have_an_instruction_for_the_sender(trouble_night: TroubleNight) -> None:
    assert "đây là tệp PDF" in load_of(trouble_night, SCANNED)["reason"]
    assert "tệp bị cắt" in load_of(trouble_night, TRUNCATED)["reason"]


def test_the_good_rows_beside_the_bad_are_published_and_nothing_else(trouble_night: TroubleNight) -> None:
    bad = {row["line"] for row in trouble_night.declared[BAD_ROWS]["bad"]}
    listed = read_rows(trouble_night.home.inbox / BAD_ROWS)
    good = {row["Mã hồ sơ"] for line, row in enumerate(listed, 2) if line not in bad}
    held = {row["Mã hồ sơ"] for row in read_rows(trouble_night.home.inbox / WITHOUT_COLUMN)}
    published = {code for (code,) in select(trouble_night.home, "SELECT dossier_code FROM core.fct_dossier")}
    assert len(good) == 60
    assert good <= published
    assert not held & published
    assert len(published) == DOSSIERS + 60


def test_the_summary_page_names_every_file_of_the_night(trouble_night: TroubleNight) -> None:
    page = (trouble_night.home.current / "summary.html").read_text(encoding="utf-8")
    names = {path.split("/")[1] for path in trouble_night.declared}
    loads = [load for load in read_records(trouble_night.home.loads) if load["original_name"] in names]
    assert len(loads) == len(names)
    assert all(f"{load['source']}-{load['load_seq']}<" in page for load in loads)
    assert not [name for name in names if name in page], "a file may be called by the name of a person"
    assert all(code in page for code in RULE_BEHIND.values())


@pytest.fixture(scope="module")
def night_after(cchc: Cchc, trouble_night: TroubleNight, tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = copy_home(trouble_night.home, tmp_path_factory.mktemp("after") / HOME_NAME)
    return home, cchc(home.root, *PLAIN)


def test_the_night_after_has_nothing_new_and_ends_with_exit_0(trouble_night: TroubleNight, night_after: Any) -> None:
    home, outcome = night_after
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert "nothing new: the same inputs are published" in outcome.stdout
    assert home.current.readlink().name == trouble_night.publication_id
    assert len(read_records(home.loads)) == len(read_records(trouble_night.home.loads))


def test_the_status_keeps_listing_open_items(cchc: Cchc, trouble_night: TroubleNight, night_after: Any) -> None:
    home, _ = night_after
    text = cchc(home.root, "status").text
    for path in trouble_night.declared:
        load = load_of(trouble_night, path)
        is_waiting = f"load {load['load_seq']} {load['original_name']}" in text
        assert is_waiting is (path != EVENTS)
        assert load["reason"] is None or load["reason"] in text
    assert "3 rows set aside" in text
