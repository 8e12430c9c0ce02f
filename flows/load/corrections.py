"""Judges earlier loads again when a correction of the registry is added, changed or removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic.dataclasses import dataclass

from flows.load.loading import conform, judge, land
from flows.load.prepared import Collected
from flows.load.retry import collect_again
from flows.night import Night
from ingest.contract import Contract
from ingest.registry.corrections import Correction, corrections_digest, key_sql, load_corrections
from warehouse.config import Home
from warehouse.engine import connect
from warehouse.ledger import CorrectionResult, LoadRecord
from warehouse.records import RECORD, read_record, write_record

Identity = tuple[str, str, str, str]


@dataclass(frozen=True, config=RECORD)
class OutOfReach:
    """A correction that cannot be applied to a load, because the load's archive has expired."""

    load_seq: int
    identity: Identity


@dataclass(frozen=True, config=RECORD)
class Reached:
    """The digest of the corrections applied to all loads of a source, and the corrections that could not be applied."""

    digest: str
    out_of_reach: list[OutOfReach]


def read_reached(home: Home) -> dict[str, Reached]:
    """Returns the corrections applied so far, by source."""
    path = home.corrections_state
    return read_record(dict[str, Reached], path) if path.exists() else {}


def is_reached(reached: Mapping[str, Reached], source: str, corrections: Sequence[Correction]) -> bool:
    """Returns whether exactly these corrections were applied to every load of the source."""
    digest = reached[source].digest if source in reached else corrections_digest([])
    return digest == corrections_digest(corrections)


def sources_to_correct(night: Night) -> list[str]:
    """Returns the sources whose corrections changed since the last night."""
    reached = read_reached(night.home)
    return [s for s in night.contracts if not is_reached(reached, s, load_corrections(night.registry_parquet, s))]


def correct_landed(night: Night, sources: Sequence[str]) -> list[LoadRecord]:
    """Judges again every earlier file that a changed correction concerns; returns the new loads.

    A file whose archive has expired keeps its rows as they are, as `cchc registry corrections` reports. May run twice,
    because the record of a load lists its corrections.
    """
    records = []
    for source in sources:
        corrections = load_corrections(night.registry_parquet, source)
        items: list[Collected] = []
        out_of_reach: list[OutOfReach] = []
        for load, identities in _touched(night, night.contracts[source], corrections):
            item = collect_again(night.home, load)
            if item is not None:
                items.append(item)
            elif load.counts:
                out_of_reach += [OutOfReach(load.load_seq, one) for one in sorted(identities)]
        prepared = [
            one
            for one in conform(night, source, items)
            if one.conformed and _is_new(one.conformed.batch.corrections, one.collected)
        ]
        records += land(night, source, judge(night, source, prepared))
        reached = Reached(corrections_digest(corrections), out_of_reach)
        write_record(night.home.corrections_state, {**read_reached(night.home), source: reached})
    return records


def _touched(
    night: Night, contract: Contract, corrections: Sequence[Correction]
) -> list[tuple[LoadRecord, set[Identity]]]:
    """Returns earlier loads that may have a row of a new correction, or that had a correction since removed."""
    current = {one.result("", ()).identity for one in corrections}
    tonight = {load.load_seq for load in night.loads}
    loads = [load for load in night.ledger.loads() if load.source == contract.source and load.superseded_by is None]
    taken = {load.load_id for load in loads if load.counts}
    landed = _landed_keys(night, contract, {row_key for row_key, *_ in current})
    touched = []
    for load in loads:
        is_waiting = load.needs_attention and (load.counts or load.load_id not in taken)
        if load.load_seq in tonight or load.held_for or not (load.counts or is_waiting):
            continue
        known = {one.identity for one in load.corrections}
        # The key of a quarantined row is not landed, so the file has to be read.
        found = {one for one in current - known if is_waiting or one[0] in landed.get(load.load_id, ())}
        if identities := found | (known - current):
            touched.append((load, identities))
    return touched


def _landed_keys(night: Night, contract: Contract, wanted: set[str]) -> dict[str, set[str]]:
    """Returns which of the keys each load has landed."""
    if not wanted:
        return {}
    files = [str(path) for path in (night.home.landing / contract.source).glob("load_id=*/*.parquet")]
    with connect(memory_limit=night.settings.memory_limit, threads=night.settings.threads) as connection:
        rows = connection.execute(
            f"""
            select distinct load_id, {key_sql(contract)} as row_key
            from read_parquet(?, hive_partitioning = true, hive_types_autocast = false)
            where list_contains(?, row_key)
            """,
            [files, sorted(wanted)],
        ).fetchall()
    keys: dict[str, set[str]] = {}
    for load_id, row_key in rows:
        keys.setdefault(load_id, set()).add(row_key)
    return keys


def _is_new(found: Sequence[CorrectionResult], item: Collected) -> bool:
    """Returns whether the file is not yet loaded with exactly these corrections."""
    return item.again is None or sorted(map(repr, found)) != sorted(map(repr, item.again.corrections))
