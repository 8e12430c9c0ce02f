"""Stage -> audit -> extras -> diff -> manifest -> rename -> pointer: a publication is complete or absent."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.config import Home
from warehouse.engine import connect
from warehouse.files import flush
from warehouse.publication.catalog import Catalog
from warehouse.publication.copying import copy_tables
from warehouse.publication.datapackage import DATAPACKAGE, describe_package
from warehouse.publication.diff import TableDiff, diff_table
from warehouse.publication.identity import PublicationIdentity
from warehouse.publication.manifest import ManifestTable, read_manifest, write_manifest
from warehouse.publication.pointer import move_pointer, read_pointer
from warehouse.publication.publications import PublicationError, refuse_damaged
from warehouse.publication.sealing import LEFTOVER_SUFFIX, files_below, remove_leftovers, seal
from warehouse.publication.staged import Audit, Extra, Limits, StagedPublication
from warehouse.records import write_record


class AuditFailedError(PublicationError):
    """Audits of the staged publication failed; `failures` has the audit's name and a sentence, per failure."""

    def __init__(self, failures: Sequence[tuple[str, str]]):
        super().__init__("not published:\n" + "\n".join(f"  - {name}: {sentence}" for name, sentence in failures))
        self.failures = tuple(failures)


@dataclass(frozen=True)
class PublicationReport:
    """Result of `publish`. `is_new` is False when the publication was complete already and was only shown."""

    publication_id: str
    folder: Path
    previous_id: str | None
    is_new: bool
    tables: tuple[ManifestTable, ...]


def publish(
    home: Home,
    build_db: Path,
    catalog: Catalog,
    identity: PublicationIdentity,
    audits: Sequence[Audit],
    extras: Sequence[Extra],
    *,
    memory_limit: str = "1GB",
    threads: int = 2,
) -> PublicationReport:
    """Publishes the catalog's tables from dbt's database and shows them to readers. Needs the writer lock.

    On failure readers keep the previous publication, and the incomplete folder is removed now or, after a kill, by the
    next call. Raises AuditFailedError, ShapeError (the build differs from the catalog) or another PublicationError
    (a publication of this id exists and is damaged).
    """
    home.publications.mkdir(parents=True, exist_ok=True)
    remove_leftovers(home.publications)
    folder = home.publications / identity.publication_id
    if folder.exists():
        refuse_damaged(folder)
        return _show(home, folder, is_new=False)
    limits = Limits(_spill_folder(home), memory_limit, threads)
    stage = folder.with_name(folder.name + LEFTOVER_SUFFIX)
    stage.mkdir()
    try:
        _fill_stage(home, stage, build_db, catalog, identity, limits, audits, extras)
        seal(stage)
    except BaseException:
        shutil.rmtree(stage)
        raise
    stage.rename(folder)
    flush(home.publications)
    return _show(home, folder, is_new=True)


def _fill_stage(
    home: Home,
    stage: Path,
    build_db: Path,
    catalog: Catalog,
    identity: PublicationIdentity,
    limits: Limits,
    audits: Sequence[Audit],
    extras: Sequence[Extra],
) -> None:
    staged = StagedPublication(stage, catalog, identity, copy_tables(build_db, stage, catalog, limits), limits)
    for profile in ("internal", "open"):
        package = describe_package(staged.tables_of(profile), identity, profile)
        write_record(staged.folder_of(profile) / DATAPACKAGE, package)
    _run_audits(staged, audits)
    for extra in extras:
        extra(staged)
    # A leftover write-ahead log would be replayed into the wrong database file.
    if logs := [path.name for path in files_below(stage) if path.suffix == ".wal"]:
        raise PublicationError(f"a connection to the staged files was left open: {', '.join(logs)}")
    previous = read_pointer(home)
    diffs = _diff_tables(home, staged, previous)
    write_manifest(staged, "open", diffs, previous)
    write_manifest(staged, "internal", diffs, previous)


def _run_audits(staged: StagedPublication, audits: Sequence[Audit]) -> None:
    failures = [(audit.name, sentence) for audit in audits for sentence in audit.check(staged)]
    if failures:
        raise AuditFailedError(failures)


def _diff_tables(home: Home, staged: StagedPublication, previous_id: str | None) -> dict[str, TableDiff]:
    before_folder = home.publications / previous_id if previous_id else None
    manifest = read_manifest(before_folder) if before_folder else None
    before = {entry.full_name: entry for entry in manifest.tables} if manifest else {}
    diffs: dict[str, TableDiff] = {}
    limits = staged.limits
    with connect(memory_limit=limits.memory_limit, threads=limits.threads, temp=limits.spill) as connection:
        for entry in staged.tables:
            name = entry.table.full_name
            old = before.get(name)
            if old is None or before_folder is None:
                diffs[name] = TableDiff(None, entry.rows)
                continue
            files = before_folder / old.path, staged.folder / entry.path
            diffs[name] = diff_table(connection, entry.table, *files, old.rows, entry.rows)
    return diffs


def _show(home: Home, folder: Path, *, is_new: bool) -> PublicationReport:
    manifest = read_manifest(folder)
    assert manifest is not None  # written a moment ago, or just verified
    move_pointer(home, folder.name)
    return PublicationReport(folder.name, folder, manifest.previous_id, is_new, manifest.tables)


def _spill_folder(home: Home) -> Path:
    spill = home.staging / "publish"
    spill.mkdir(parents=True, exist_ok=True)
    return spill
