"""Records cut short or emptied on disk: named in one sentence, written again where a copy lies beside the rows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.cli.doctor import _records
from tests.support.night_homes import PLAIN, FirstNight, copy_home
from tests.support.nights import Cchc, published_rows
from warehouse.config import Home, Settings
from warehouse.records import RecordError

pytestmark = pytest.mark.night


def cut(path: Path) -> bytes:
    """Leaves half of a file, as a disk that lost its last blocks; returns what it held."""
    content = path.read_bytes()
    os.truncate(path, len(content) // 2)
    return content


@pytest.fixture
def home(first_night: FirstNight, tmp_path: Path) -> Home:
    return copy_home(first_night.home, tmp_path / "home")


def a_landed_load(home: Home) -> Path:
    return next(
        path for path in sorted(home.loads.glob("*.json")) if b'"verdict_status": "accepted"' in path.read_bytes()
    )


def test_damaged_records_of_loads_and_runs_are_written_again_by_the_next_night(cchc: Cchc, home: Home) -> None:
    load, run = a_landed_load(home), next(home.runs.glob("*.json"))
    contents = {path: cut(path) for path in (load, run)}
    for command in (["status"], ["quarantine", "list"], ["doctor"]):
        outcome = cchc(home.root, *command)
        assert outcome.exit_code == 1
        assert f"{load.name} is damaged" in outcome.text.replace("- ", "-")
        assert "run `cchc nightly`" in outcome.text
        assert "Traceback" not in outcome.text
    before = published_rows(home.current)
    night = cchc(home.root, *PLAIN)
    assert night.exit_code == 0, night.text
    assert f"{load.name} was damaged and is written again" in night.text
    assert {path: path.read_bytes() for path in contents} == contents
    assert published_rows(home.current) == before
    assert _records(Settings(home=home.root)) == "whole"


def test_a_damaged_note_stops_nothing(cchc: Cchc, home: Home) -> None:
    note = next(home.nights.glob("*.json"))
    note.write_bytes(b"")
    (home.alerts).mkdir(exist_ok=True)
    (home.alerts / "lost.json").write_bytes(b"{")
    assert cchc(home.root, "status").exit_code == 0
    assert cchc(home.root, *PLAIN).exit_code == 0
    assert "is damaged" not in cchc(home.root, "morning").text
    with pytest.raises(RecordError, match=rf"{note.name} is damaged.*a note that nothing needs: delete it.*lost\.json"):
        _records(Settings(home=home.root))


def test_a_folder_in_the_place_of_the_pointer_is_named(cchc: Cchc, home: Home) -> None:
    target = home.current.readlink()
    home.current.unlink()
    home.current.mkdir()
    for command in (["status"], [*PLAIN], ["doctor"]):
        outcome = cchc(home.root, *command)
        assert outcome.exit_code == 1
        assert "is a folder and should be a link" in outcome.text
        assert "Traceback" not in outcome.text
    home.current.rmdir()
    assert cchc(home.root, *PLAIN).exit_code == 0
    assert home.current.readlink() == target


def test_a_damaged_rollback_tells_to_decide_again(cchc: Cchc, home: Home) -> None:
    (home.publications / "rollback.json").write_bytes(b"")
    outcome = cchc(home.root, *PLAIN)
    assert outcome.exit_code == 1
    assert "rollback.json is damaged" in outcome.text
    assert "`cchc publications rollback` again" in outcome.text
