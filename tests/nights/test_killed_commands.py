"""Commands killed before a change of the home, then run again: as if they had been run once, undisturbed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.nights.test_night_trouble import BAD_ROWS, WITHOUT_COLUMN, load_of
from tests.support.night_homes import TroubleNight
from tests.support.nights import Cchc, copy_home
from warehouse.config import Home

pytestmark = pytest.mark.night

# Moments of a command: its fractions, from the first change of the home to the last.
MOMENTS = 5
_KEPT = ("landing", "quarantine", "ledger", "archive", "publications")
_WHEN = {"loaded_at", "rolled_back_at", "released_on"}


def state_of(home: Home) -> dict[str, Any]:
    """Every file of the home that decides something: JSON without its times, other files by their size, links."""
    state: dict[str, Any] = {}
    for top in _KEPT:
        for path in sorted((home.root / top).rglob("*")):
            name = path.relative_to(home.root).as_posix()
            if path.is_symlink():
                state[name] = path.readlink().name
            elif path.suffix == ".json":
                state[name] = without_times(json.loads(path.read_bytes()))
            elif path.is_file():
                state[name] = path.stat().st_size
    return state


def without_times(value: Any) -> Any:
    return {k: v for k, v in value.items() if k not in _WHEN} if isinstance(value, dict) else value


def commands(night: TroubleNight) -> dict[str, tuple[str, ...]]:
    bad, held = load_of(night, BAD_ROWS)["load_seq"], load_of(night, WITHOUT_COLUMN)["load_seq"]
    line = next(row["line"] for row in night.declared[BAD_ROWS]["bad"] if row["fault"] == "unknown_procedure")
    return {
        "retry of rows set aside": ("quarantine", "retry", str(bad)),
        "retry of a held file": ("quarantine", "retry", str(held)),
        "release": ("quarantine", "release", str(bad), "--line", str(line), "--reason", "Quyết định 12/QĐ-SNV"),
    }


@pytest.fixture(scope="module")
def undisturbed(cchc: Cchc, trouble_night: TroubleNight, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Returns the state after each command without a kill, and how many changes it makes."""
    known: dict[str, tuple[dict[str, Any], int]] = {}

    def run(name: str) -> tuple[dict[str, Any], int]:
        if name not in known:
            home = copy_home(trouble_night.home, tmp_path_factory.mktemp("undisturbed") / "home")
            outcome = cchc(home.root, *commands(trouble_night)[name], kill_at_change=0)
            assert outcome.exit_code == 3, outcome.text
            known[name] = state_of(home), int((home.root.parent / "changes").read_text())
            shutil.rmtree(home.root)
        return known[name]

    return run


@pytest.mark.parametrize("moment", range(MOMENTS))
@pytest.mark.parametrize("name", ["retry of rows set aside", "retry of a held file", "release"])
def test_a_killed_command_run_again_is_as_if_run_once(
    cchc: Cchc, trouble_night: TroubleNight, undisturbed: Any, tmp_path: Path, name: str, moment: int
) -> None:
    after, n_changes = undisturbed(name)
    home = copy_home(trouble_night.home, tmp_path / "home")
    before = state_of(home)
    at = 1 + moment * (n_changes - 1) // (MOMENTS - 1)
    assert cchc(home.root, *commands(trouble_night)[name], kill_at_change=at).exit_code == -9
    again = cchc(home.root, *commands(trouble_night)[name])
    # What was decided before the kill is finished, and the command says that it is done.
    assert again.exit_code == 3 or "was judged again by load" in again.text, again.text
    assert state_of(home) == after != before
    assert list(home.staging.iterdir()) == []
    shutil.rmtree(home.root)
