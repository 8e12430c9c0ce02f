"""Output of `cchc`: wrong use ends with exit 2, and every text fits a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from ingest.contract import load_contracts
from tests.support.night_homes import TroubleNight
from tests.support.nights import Cchc, read_records

COMMANDS = [
    [],
    ["demo"],
    ["nightly"],
    ["status"],
    ["morning"],
    ["publications"],
    ["publications", "list"],
    ["publications", "diff"],
    ["publications", "rollback"],
    ["dossier"],
    ["dossier", "show"],
    ["dossier", "late"],
    ["explain"],
    ["explain", "satisfaction"],
    ["backup"],
    ["restore"],
    ["quarantine"],
    ["quarantine", "list"],
    ["quarantine", "show"],
    ["registry"],
    ["registry", "check"],
    ["registry", "suggest"],
    ["registry", "corrections"],
    ["source"],
    ["source", "list"],
    ["source", "show"],
    ["source", "check"],
    ["source", "new"],
    ["doctor"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_fits_the_terminal(cchc: Cchc, tmp_path: Path, command: list[str]) -> None:
    outcome = cchc(tmp_path, *command, "--help")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith("Usage: ")
    assert too_wide(outcome.stdout) == []
    # Short help must not be cut off in the list of commands.
    assert not [line for line in outcome.stdout.splitlines()[1:] if line.endswith("...")]


def test_the_help_names_every_command(cchc: Cchc, tmp_path: Path) -> None:
    listed = cchc(tmp_path, "--help").stdout
    assert all(f"\n  {command[0]} " in listed for command in COMMANDS if len(command) == 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["publications"],
        ["publications", "diff"],
        ["quarantine", "list"],
        ["source", "list"],
        ["source", "show", "dossiers"],
        ["source", "show", "dossier_events"],
    ],
    ids=" ".join,
)
def test_what_a_home_shows_fits_the_terminal(cchc: Cchc, trouble_night: TroubleNight, arguments: list[str]) -> None:
    outcome = cchc(trouble_night.home.root, *arguments)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert len(outcome.stdout.splitlines()) > 2
    assert too_wide(outcome.stdout) == []


def test_the_rows_set_aside_fit_the_terminal(cchc: Cchc, trouble_night: TroubleNight) -> None:
    (load,) = [load for load in read_records(trouble_night.home.loads) if load["rows_quarantined"]]
    outcome = cchc(trouble_night.home.root, "quarantine", "show", str(load["load_seq"]))
    assert outcome.stdout.count("\nline ") == 3
    assert too_wide(outcome.stdout) == []
    one = cchc(trouble_night.home.root, "quarantine", "show", str(load["load_seq"]), "--rows", "1")
    assert one.stdout.count("\nline ") == 1
    assert "2 more" in one.stdout


def test_the_summary_of_a_night_fits_the_terminal(trouble_night: TroubleNight) -> None:
    assert too_wide(trouble_night.outcome.stdout) == []


def test_an_empty_home_is_shown_without_being_made(cchc: Cchc, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for arguments, message in (
        (["status"], "published     none"),
        (["publications"], "Nothing is published yet."),
        (["quarantine", "list"], "No row is set aside."),
        (["source", "list"], "dossier_events"),
    ):
        outcome = cchc(home, *arguments)
        assert (outcome.exit_code, outcome.stderr) == (0, "")
        assert message in outcome.stdout
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nightly", "--as-of", "31/12/2015"], "write it as 2015-12-31"),
        (["nightly", "--as-of", "2015-02-30"], "is not a day"),
        (["nightly", "now"], "unexpected extra argument"),
        (["demo", "--dossiers", "many"], "'many' is not a valid integer"),
        (["tonight"], "No such command 'tonight'"),
        (["status", "--loud"], "No such option"),
        (["quarantine", "show"], "Missing argument 'LOAD_SEQ'"),
        (["quarantine", "show", "999"], "there is no load 999"),
        (["quarantine", "show", "1"], "was set aside"),
        (["source", "show", "letters"], f"the sources are: {', '.join(load_contracts())}"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_ends_with_exit_2_and_a_sentence(
    cchc: Cchc, trouble_night: TroubleNight, arguments: list[str], message: str
) -> None:
    outcome = cchc(trouble_night.home.root, *arguments)
    assert outcome.exit_code == 2
    assert message in outcome.text
    assert outcome.stdout == ""
    assert "Traceback" not in outcome.stderr


def test_an_impossible_rollback_is_one_sentence(cchc: Cchc, tmp_path: Path) -> None:
    outcome = cchc(tmp_path / "home", "rollback")
    assert (outcome.exit_code, outcome.stdout) == (1, "")
    assert outcome.stderr == "cchc: nothing is published yet: there is nothing to roll back\n"


def too_wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if cell_len(line.rstrip()) > 80]
