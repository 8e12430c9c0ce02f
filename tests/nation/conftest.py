"""One nation for all tests of this folder; a test that changes it copies it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.nations import build, make_nation
from tests.support.night_homes import LoadedHome, Once
from tests.support.nights import Cchc, Outcome
from warehouse.config import Home


@dataclass(frozen=True)
class BuiltNation:
    """A nation after the nights of its provinces and its first build."""

    home: Home
    outcome: Outcome


@pytest.fixture(scope="session")
def built(cchc: Cchc, once: Once[Any], three_agencies: LoadedHome) -> BuiltNation:
    def run(folder: Any) -> BuiltNation:
        nation = make_nation(cchc, folder / "nước O'Brien", three_agencies)
        return BuiltNation(nation, build(cchc, nation))

    nation: BuiltNation = once("nation", run)
    return nation
