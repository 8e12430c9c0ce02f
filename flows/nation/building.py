"""Builds and publishes a nation: the union of what its provinces publish."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import pyarrow as pa

from flows.build.building import RUN_FILE, adopt_runs, copy_law, digest_models, identity_of, record_of
from flows.build.decision import Decision, compare_with_published
from flows.build.inputs import write_ledger, write_rows
from flows.failures import ExitCode
from flows.nation.pinning import Pin, pin_provinces
from flows.nation.provinces import list_provinces
from flows.night import Night
from flows.steps import Runner, Step, run_plainly
from ingest.registry.completion import CODE_LABELS, code_labels
from methods import METHOD_VERSION
from warehouse.ledger import RunRecord
from warehouse.lock import hold_writer_lock
from warehouse.publication.catalog import NATION, Catalog, read_catalog
from warehouse.publication.publications import prune
from warehouse.publication.publish import PublicationReport, publish
from warehouse.publication.sealing import sha256_of
from warehouse.records import write_record

# Tables that a nation publishes beside its own, and those that have rows in every nation.
_LABELS = "core.label"
_ALWAYS_FILLED = {_LABELS, "national.province"}
_PROVINCES = pa.schema(
    [
        ("province_code", pa.string()),
        ("province_name", pa.string()),
        ("inclusion_reason", pa.string()),
        ("publication_id", pa.string()),
        ("published_at", pa.timestamp("us")),
        ("data_until_date", pa.date32()),
        ("publication_method_version", pa.string()),
    ]
)
_CODE_LABELS = pa.schema([(name, pa.string()) for name in ("list_name", "value", "label_vi", "label_en", "sort_order")])


@dataclass(frozen=True)
class NationReport:
    """The result of a nation's build. `publication` is None when nothing was built."""

    pins: list[Pin]
    decision: Decision
    publication: PublicationReport | None
    warnings: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0: published, or nothing to do. 3: a province that has published is left out."""
        return ExitCode.HELD if any(pin.needs_attention for pin in self.pins) else ExitCode.DONE


def build_nation(night: Night, run: Runner = run_plainly) -> NationReport:
    """Builds a nation from the current publications of its provinces, whatever their nights do meanwhile.

    Writes build, ledger and publications of the nation's own home, alone: raises LockHeldError when another process
    writes it. Raises UsageError for a nation without provinces.
    """
    with hold_writer_lock(night.home, "cchc nation build"):
        return build_held_nation(night, run)


def build_held_nation(night: Night, run: Runner) -> NationReport:
    """Builds a nation; the caller holds the writer lock of its home."""
    pins = run(Step("pin", "pin the publications of the provinces"), partial(_pin, night))
    decision = run(Step("decide", "compare with what is published"), partial(_decide, night, pins))
    publication: PublicationReport | None = None
    warnings: list[str] = []
    if decision.is_new:
        warnings = run(Step("build-nation", "build the nation's tables"), partial(_build, night, pins, decision))
        publication = run(Step("publish", "audit and publish"), partial(_publish, night, pins, decision))
    return NationReport(pins, decision, publication, warnings)


def _pin(night: Night) -> list[Pin]:
    provinces = list_provinces(night.home)
    night.dbt.parse()
    return pin_provinces(provinces, _needed(night), night.home.inputs / "provinces")


def _decide(night: Night, pins: Sequence[Pin]) -> Decision:
    adopt_runs(night)
    dates = [pin.data_until_date for pin in pins if pin.inclusion_reason is None]
    as_of = max((day for day in dates if day is not None), default=None)
    if as_of is None:
        return Decision(False, "no province has a publication that can be read")
    parts = [f"{name} {value}" for name, value in _describe_inputs(pins, as_of).items()]
    return compare_with_published(night.home, as_of, hashlib.sha256("\n".join(parts).encode()).hexdigest())


def _describe_inputs(pins: Sequence[Pin], as_of: date) -> dict[str, str]:
    """Returns the inputs of a nation's publication: name -> short value or digest; a line per province."""
    return {
        "as_of_date": as_of.isoformat(),
        **{f"province/{pin.province_code}": _one_line(pin) for pin in pins},
        "labels": sha256_of(CODE_LABELS),
        "models": digest_models(),
        "method_version": METHOD_VERSION,
    }


def _one_line(pin: Pin) -> str:
    return " ".join(str(part) for part in (pin.publication_id, pin.inclusion_reason, pin.province_name) if part)


def _build(night: Night, pins: Sequence[Pin], decision: Decision) -> list[str]:
    assert decision.as_of_date is not None
    inputs = night.home.inputs
    write_rows(inputs / "nation" / "provinces.parquet", [pin.__dict__ for pin in pins], _PROVINCES)
    write_rows(inputs / "registry" / "labels.parquet", code_labels(), _CODE_LABELS)
    write_ledger(inputs / "ledger", [], [], _run_record(night, pins, decision), decision.as_of_date)
    try:
        night.dbt.store.begin()
        # Cautious: tests of provinces' tables read core.label too, and those tables are not here.
        return night.dbt.build("--select", "+tag:nation", "+label", "--indirect-selection", "cautious").warned
    finally:
        night.dbt.store.close()


def _publish(night: Night, pins: Sequence[Pin], decision: Decision) -> PublicationReport:
    from warehouse.publication.audits import standard_audits

    catalog, record = _published(night), _run_record(night, pins, decision)
    personal = {name for contract in night.contracts.values() for name in contract.personal_columns}
    empty = {table.full_name for table in catalog.tables} - _ALWAYS_FILLED
    report = publish(
        night.home,
        night.home.build_db,
        catalog,
        identity_of(night, decision),
        standard_audits(personal_columns=personal, may_be_empty=empty),
        [copy_law, lambda staged: write_record(staged.folder / RUN_FILE, record)],
        memory_limit=night.settings.memory_limit,
        threads=night.settings.threads,
    )
    adopt_runs(night)
    prune(night.home, night.settings.keep_publications)
    return report


def _published(night: Night) -> Catalog:
    """Returns the catalog of a nation: its own tables, and the labels of the code's values."""
    own = read_catalog(night.dbt.manifest, NATION)
    return Catalog((*read_catalog(night.dbt.manifest).named({_LABELS}).tables, *own.tables))


def _needed(night: Night) -> Catalog:
    """Returns the provinces' tables that the models read, as today's models declare them."""
    sources = json.loads(night.dbt.manifest.read_text(encoding="utf-8"))["sources"].values()
    names = {source["name"] for source in sources if source["source_name"] == "provinces"}
    return Catalog(tuple(table for table in read_catalog(night.dbt.manifest).tables if table.name in names))


def _run_record(night: Night, pins: Sequence[Pin], decision: Decision) -> RunRecord:
    assert decision.as_of_date is not None
    inputs = _describe_inputs(pins, decision.as_of_date)
    return record_of(
        identity_of(night, decision),
        n_tables=len(_published(night).tables),
        inputs=inputs,
        engine=night.settings.engine,
    )
