"""The ledger of loads and publications: one JSON file each.

A load exists for the rest of the pipeline only when its record is here. Landed files without a record are orphans of a
killed run and are written again.
"""

from __future__ import annotations

from dataclasses import field, replace
from datetime import date, datetime
from typing import Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from warehouse.config import Home
from warehouse.records import RECORD, read_record, write_record
from warehouse.transaction import Transaction

# The copy of a run in its publication.
RUN_FILE = "run.json"
LOAD_REMEDY = (
    "run `cchc nightly`: it writes the record again from the copy beside the landed rows; where there is none, put "
    "this one file back from the last backup (cchc backup)"
)
RUN_REMEDY = "run `cchc nightly`: it writes the record again from its publication; where that is gone, delete the file"

Verdict = Literal["accepted", "held", "known", "empty", "unreadable"]
Severity = Literal["critical", "warning", "info"]


class LedgerError(ValueError):
    """The numbers of a record do not add up, or the record would overwrite another."""


@dataclass(frozen=True, config=RECORD)
class RuleResult:
    """One rule on one delivery (`source` = its name) or on one mart (`source` = schema.table)."""

    source: str
    rule_code: str
    severity: Severity
    n_evaluated: int
    n_failed: int
    statement: str
    basis: str

    @property
    def is_passed(self) -> bool:
        """Whether no row failed."""
        return self.n_failed == 0


@dataclass(frozen=True, config=RECORD)
class CorrectionResult:
    """The result of one correction of the registry in one delivery that has its key.

    `status`: applied; mended (the file has the corrected value); stale (it has neither value). `lines` are the lines of
    the file that were corrected, or else those with the key.
    """

    row_key: str
    column_name: str
    expected_value: str
    corrected_value: str
    status: str
    lines: list[int]

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """The correction without its result."""
        return self.row_key, self.column_name, self.expected_value, self.corrected_value


@dataclass(frozen=True, config=RECORD)
class ColumnChanges:
    """Columns that appeared or vanished since the previous delivery, whose label is `compared_with`."""

    compared_with: str
    appeared: list[str]
    vanished: list[str]


@dataclass(frozen=True, config=RECORD)
class TableRead:
    """One table or sheet of a delivery that has several: its filled rows, and why it was not read, if it was not."""

    name: str
    rows: int
    reason: str | None = None


@dataclass(frozen=True, config=RECORD)
class LoadRecord:
    """One delivery and the counts of its rows.

    `rows_read = rows_accepted + rows_quarantined + rows_duplicate + rows_excluded + rows_held`; `excluded` counts the
    declared non-data rows by reason. `load_id` is the first 16 hex digits of the sha256 of the bytes; both are empty
    when the bytes could not be fetched.
    """

    load_seq: int
    load_id: str
    source: str
    original_name: str
    sha256: str
    size_bytes: int
    delivered_at: datetime
    loaded_at: datetime
    contract_version: str
    verdict_status: Verdict
    reason: str | None = None
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    rows_excluded: int = 0
    rows_held: int = 0
    data_until: date | None = None
    excluded: dict[str, int] = field(default_factory=dict)
    rules: list[RuleResult] = field(default_factory=list)
    key_fingerprint: str | None = None
    encoding: str | None = None
    data_from: date | None = None
    # For a file judged again without a new delivery: the load of its delivery.
    judges_again: int | None = None
    # The latest load of the same file, when this one is not. Never written: records do not change.
    superseded_by: int | None = Field(default=None, exclude=True)
    # For a file from a container: its name and size, and the number of files in it.
    container: str | None = None
    container_size: int | None = None
    container_members: int | None = None
    # For a file that was read: the headers of its table, and the columns whose value is above it.
    headers: list[str] = field(default_factory=list)
    titled: list[str] = field(default_factory=list)
    changes: ColumnChanges | None = None
    corrections: list[CorrectionResult] = field(default_factory=list)
    # Of a file with several tables or sheets: each of them, also those that were not read.
    tables: list[TableRead] = field(default_factory=list)
    # For an accepted load that was taken back out: the reason of this decision.
    held_for: str | None = None

    @property
    def label(self) -> str:
        """What the file is called wherever others than the operator read: its own name may be that of a person."""
        return f"{self.source}-{self.load_seq}"

    def check(self) -> None:
        """Raises LedgerError unless every row read is accounted for exactly once."""
        ended = self.rows_accepted + self.rows_quarantined + self.rows_duplicate + self.rows_excluded + self.rows_held
        if self.rows_read != ended:
            raise LedgerError(f"{self.label}: {self.rows_read} rows read, but {ended} accounted for")
        if sum(self.excluded.values()) != self.rows_excluded:
            raise LedgerError(f"{self.label}: excluded rows do not add up by reason: {self.excluded}")

    @property
    def needs_attention(self) -> bool:
        """Whether rows are in quarantine or the file could not be accepted."""
        if self.superseded_by is not None:
            return False
        return self.rows_quarantined > 0 or self.verdict_status in ("held", "unreadable", "empty")

    @property
    def is_fetched(self) -> bool:
        """Whether the bytes of the delivery are in the archive, or were once."""
        return self.sha256 != ""

    @property
    def counts(self) -> bool:
        """Whether its accepted rows are the current rows of the file."""
        return self.verdict_status == "accepted" and self.superseded_by is None

    @property
    def arrival_seq(self) -> int:
        """The load of the file's delivery. It orders deliveries, however often a file is judged again."""
        return self.judges_again or self.load_seq


@dataclass(frozen=True, config=RECORD)
class RunRecord:
    """One publication as it was built. A later night with the same `input_hash` builds nothing."""

    publication_id: str
    built_at: datetime
    as_of_date: date
    input_hash: str
    code_version: str
    method_version: str
    n_tables: int
    loads: list[int]
    rules: list[RuleResult] = field(default_factory=list)
    decision_number: str | None = None
    is_official: bool = False
    # The parts of `input_hash` by name, so that two publications can be compared.
    inputs: dict[str, str] = field(default_factory=dict)
    # No part of `input_hash`: both engines build the same tables.
    engine: str = "duckdb"


@dataclass(frozen=True, config=RECORD)
class Rotation:
    """One change of the pseudonym key, after the load `after_load`: the versions and the new key's fingerprint.

    `rekeyed` and `kept` are <source>/<load id> of the loads with new and with old pseudonyms.
    """

    before: str
    version: str
    fingerprint: str
    rotated_at: datetime
    after_load: int
    rekeyed: list[str]
    kept: list[str]


@dataclass(frozen=True)
class KeyInUse:
    """The key of the newest landed pseudonyms; `version` is None where the setting says it."""

    fingerprint: str
    version: str | None


class Ledger:
    """Reads and appends records below `<home>/ledger`."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def loads(self) -> list[LoadRecord]:
        """Returns every load, oldest first, with `superseded_by` set when a later load judged the same file.

        The same bytes may be accepted more than once, when a sender goes back to an earlier version; the last counts. A
        delivery that could not be fetched is superseded by the next load of the same name.
        """
        loads = [read_record(LoadRecord, path, LOAD_REMEDY) for path in sorted(self.home.loads.glob("*.json"))]
        judged = {load.judges_again: load.load_seq for load in loads if load.judges_again is not None}
        taken = {(load.source, load.load_id): load.load_seq for load in loads if load.verdict_status == "accepted"}
        named = {(load.source, load.container or load.original_name): load.load_seq for load in loads}
        latest = [
            named[load.source, load.original_name]
            if not load.is_fetched
            else taken[load.source, load.load_id]
            if load.verdict_status == "accepted" and load.arrival_seq not in judged
            else judged.get(load.arrival_seq, load.load_seq)
            for load in loads
        ]
        return [
            load if seq == load.load_seq else replace(load, superseded_by=seq)
            for load, seq in zip(loads, latest, strict=True)
        ]

    def runs(self) -> list[RunRecord]:
        """Returns every publication ever made, oldest first."""
        return [read_record(RunRecord, path, RUN_REMEDY) for path in sorted(self.home.runs.glob("*.json"))]

    def rotations(self) -> list[Rotation]:
        """Returns every change of the key, oldest first."""
        return [read_record(Rotation, path) for path in sorted(self.home.rotations.glob("*.json"))]

    def key_in_use(self) -> KeyInUse | None:
        """Returns the key that the next delivery has to be keyed by; None while no load has a pseudonym."""
        rotations = self.rotations()
        last = rotations[-1] if rotations else None
        used = [
            load.key_fingerprint
            for load in self.loads()
            if load.key_fingerprint and (last is None or load.load_seq > last.after_load)
        ]
        if used:
            return KeyInUse(used[-1], last.version if last else None)
        return KeyInUse(last.fingerprint, last.version) if last else None

    def next_load_seq(self) -> int:
        """Returns the next free number of the monotonic load sequence."""
        names = sorted(self.home.loads.glob("*.json"))
        return int(names[-1].stem) + 1 if names else 1

    def append_load(self, record: LoadRecord, transaction: Transaction | None = None) -> None:
        """Writes the record, within the transaction of its rows if it has any.

        Raises LedgerError when its rows do not add up.
        """
        record.check()
        path = self.home.loads / f"{record.load_seq:06d}.json"
        if path.exists():
            raise LedgerError(f"load {record.load_seq} is already in the ledger")
        write_record(transaction.place(path) if transaction else path, record)

    def append_run(self, record: RunRecord) -> None:
        """Writes the record of a publication; the same publication may be recorded again after a kill."""
        write_record(self.home.runs / f"{record.publication_id}.json", record)
