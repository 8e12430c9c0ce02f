"""Writes the ledger as Parquet, which dbt reads beside the registry and the landing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.disclosure import disclose_file
from warehouse.ledger import LoadRecord, RuleResult, RunRecord

_TEXT, _COUNT, _MOMENT = pa.string(), pa.int64(), pa.timestamp("us")
LOADS = pa.schema(
    [
        ("load_seq", _COUNT),
        ("load_id", _TEXT),
        ("source", _TEXT),
        ("original_name", _TEXT),
        ("sha256", _TEXT),
        ("size_bytes", _COUNT),
        ("delivered_at", _MOMENT),
        ("loaded_at", _MOMENT),
        ("contract_version", _TEXT),
        ("rows_read", _COUNT),
        ("rows_accepted", _COUNT),
        ("rows_quarantined", _COUNT),
        ("rows_duplicate", _COUNT),
        ("rows_excluded", _COUNT),
        ("rows_held", _COUNT),
        ("verdict_status", _TEXT),
        ("reason", _TEXT),
        ("data_from", pa.date32()),
        ("data_until", pa.date32()),
        ("arrival_seq", _COUNT),
        ("is_superseded", pa.bool_()),
    ]
)
RULE_RESULTS = pa.schema(
    [
        ("load_seq", _COUNT),
        ("publication_id", _TEXT),
        ("source", _TEXT),
        ("rule_code", _TEXT),
        ("severity", _TEXT),
        ("n_evaluated", _COUNT),
        ("n_failed", _COUNT),
        ("is_passed", pa.bool_()),
        ("statement", _TEXT),
        ("basis", _TEXT),
    ]
)
PUBLICATIONS = pa.schema(
    [
        ("publication_id", _TEXT),
        ("built_at", _MOMENT),
        ("code_version", _TEXT),
        ("input_hash", _TEXT),
        ("n_tables", _COUNT),
        ("decision_number", _TEXT),
        ("is_official", pa.bool_()),
    ]
)
RUN = pa.schema([("as_of_date", pa.date32()), ("method_version", _TEXT), ("publication_id", _TEXT)])


def write_ledger(
    folder: Path,
    loads: Sequence[LoadRecord],
    runs: Sequence[RunRecord],
    current: RunRecord,
    as_of: date,
) -> None:
    """Writes ledger/{loads,rule_results,publications,run}.parquet below `folder`.

    `current` is the publication being built: it contains its own mart rules and its own row in quality.publications.
    """
    known = [run for run in runs if run.publication_id != current.publication_id]
    results = [
        {**_result(rule), "load_seq": load.load_seq, "publication_id": None} for load in loads for rule in load.rules
    ] + [
        {**_result(rule), "load_seq": None, "publication_id": run.publication_id}
        for run in [*known, current]
        for rule in run.rules
    ]
    write_rows(folder / "loads.parquet", [_load(load) for load in loads], LOADS)
    write_rows(folder / "rule_results.parquet", results, RULE_RESULTS)
    write_rows(folder / "publications.parquet", [run.__dict__ for run in [*known, current]], PUBLICATIONS)
    identity = {
        "as_of_date": as_of,
        "method_version": current.method_version,
        "publication_id": current.publication_id,
    }
    write_rows(folder / "run.parquet", [identity], RUN)


def _load(load: LoadRecord) -> dict[str, Any]:
    name = disclose_file(load.original_name)
    return {
        **load.__dict__,
        "original_name": name,
        "arrival_seq": load.arrival_seq,
        "is_superseded": load.superseded_by is not None,
    }


def _result(rule: RuleResult) -> dict[str, Any]:
    return {**rule.__dict__, "is_passed": rule.is_passed}


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Writes the columns of the schema of some rows as one Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = set(schema.names)
    table = pa.Table.from_pylist([{k: v for k, v in row.items() if k in names} for row in rows], schema=schema)
    pq.write_table(table, path, compression="zstd")
