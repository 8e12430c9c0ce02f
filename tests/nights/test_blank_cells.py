"""A rule and the model that relies on it agree: whatever the rules accept, the build builds.

Every landed column of every contract is left blank in one row of the demo's deliveries, and every text and list has an
unknown word in another. The contract or a rule sets such a row aside, or the models take it. A column that is added to
a contract and to the demo is tried by itself.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

import ingest.deliver
from demo import write_demo
from flows.build import building
from flows.night import Night
from flows.steps import load_source, run_plainly
from ingest.contract import ColumnType, Contract, Tolerance
from ingest.readers.headers import Vocabulary
from ingest.readers.read import Sheet, keep_raw
from ingest.registry.items import ItemBook
from tests.support.deliveries import REGISTRY
from tests.support.night_homes import DOSSIERS, SEED
from warehouse.config import Settings
from warehouse.staging import sweep_staging

UNKNOWN = "không có trong danh mục nào"
# No row of a file is as good as another: its cell must be filled, and the first rows tell how the file is written.
_FIRST = 3


def variants(contract: Contract) -> Iterator[tuple[str, str | None]]:
    """Yields (column, cell) of each landed column."""
    for column in contract.landed:
        yield column.name, None
        if column.type in (ColumnType.TEXT, ColumnType.CHOICE, ColumnType.BOOLEAN, ColumnType.AGENCY):
            yield column.name, UNKNOWN


class Blanks:
    """Leaves one cell blank, or puts an unknown word into it, in each of several rows of every opened delivery."""

    def __init__(self) -> None:
        self.tried: dict[str, set[tuple[str, str | None]]] = defaultdict(set)
        self.present: dict[str, set[str]] = defaultdict(set)
        self._done: dict[Path, list[tuple[int, int, str | None]]] = {}
        self._open = ingest.deliver.open_delivery

    def open_delivery(
        self, connection: duckdb.DuckDBPyConnection, path: Path, contract: Contract, book: ItemBook
    ) -> Sheet:
        sheet = self._open(connection, path, contract, book)
        if connection.execute("select 1 from duckdb_views() where view_name = 'raw'").fetchall():
            keep_raw(connection)
        # A delivery is opened again to explain its bad rows.
        if path not in self._done:
            self._done[path] = list(self._choose(connection, contract, Vocabulary(contract, book), sheet))
        for line, place, cell in self._done[path]:
            connection.execute(f"update raw set c{place} = ? where line = ?", [cell, line])
        return replace(sheet, text=None)

    def _choose(
        self, connection: duckdb.DuckDBPyConnection, contract: Contract, vocabulary: Vocabulary, sheet: Sheet
    ) -> Iterator[tuple[int, int, str | None]]:
        places = {vocabulary.meaning(header): at for at, header in reversed([*enumerate(sheet.headers)]) if header}
        self.present[contract.source] |= {str(name) for name in places if name}
        used: set[int] = set()
        # The rows of one agency's workbook are judged together, so it gets one fault; a log has rows enough.
        rows = int(connection.execute("select count(*) from raw").fetchall()[0][0])
        most = 1 if contract.source == "assessments" and rows < 100 else 12
        for name, cell in itertools.islice(self._left(contract, places), most):
            filled = f"select line from raw where trim(c{places[name]}) <> '' order by line offset {_FIRST}"
            line = next((line for (line,) in connection.execute(filled).fetchall() if line not in used), None)
            if line is not None:
                used.add(line)
                self.tried[contract.source].add((name, cell))
                yield line, places[name], cell

    def _left(self, contract: Contract, places: dict[Any, int]) -> Iterator[tuple[str, str | None]]:
        for name, cell in variants(contract):
            if name in places and (name, cell) not in self.tried[contract.source]:
                yield name, cell


@pytest.fixture(scope="module")
def blanks() -> Blanks:
    return Blanks()


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, blanks: Blanks) -> Night:
    settings = Settings(home=tmp_path_factory.mktemp("blank") / "home", registry=REGISTRY, settle_seconds=0)
    write_demo(settings.layout.inbox, REGISTRY, DOSSIERS, SEED, years=(2015,))
    night = Night(settings)
    # However many rows are set aside, no file is held: each has to reach its rule or its model.
    tolerance = Tolerance(max_bad_pct=100, max_bad_rows=1_000_000)
    night.contracts = {
        name: contract.model_copy(update={"tolerance": tolerance}) for name, contract in night.contracts.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest.deliver, "open_delivery", blanks.open_delivery)
        sweep_staging(night.home)
        building.check_registry_step(night)
        for source in night.contracts:
            load_source(night, source, run_plainly)
    return night


def test_every_landed_column_was_left_blank_once(night: Night, blanks: Blanks) -> None:
    for source, contract in night.contracts.items():
        wanted = {(name, cell) for name, cell in variants(contract) if name in blanks.present[source]}
        # A column of which the demo fills no cell is blank in every build.
        never = {name for name, _ in wanted} - {name for name, _ in blanks.tried[source]}
        assert {one for one in wanted if one[0] not in never} == blanks.tried[source]
        assert len(blanks.tried[source]) >= len(contract.key)
    assert {load.verdict_status for load in night.loads} == {"accepted"}
    assert sum(load.rows_quarantined for load in night.loads) > 0


def test_what_the_rules_accept_the_build_builds(night: Night) -> None:
    decision = building.decide(night)
    building.build_core(night, decision)
    building.run_methods(night, decision)
    building.build_marts(night)
    building.build_quality(night, decision)
    building.judge_marts_step(night)
    assert not building._broken_rules(night)
