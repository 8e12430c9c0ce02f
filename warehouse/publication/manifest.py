"""manifest.json of a publication: its identity, its tables, and the hash of every file. Written last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from pydantic.dataclasses import dataclass

from warehouse.publication.diff import TableDiff
from warehouse.publication.sealing import FileSeal, files_below, name_damage, seal_of
from warehouse.publication.staged import StagedPublication
from warehouse.records import RecordError, read_record, write_record

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class ManifestTable:
    """One published table: the path of its Parquet file below the folder, and its differences."""

    schema: str
    name: str
    profile: str
    rows: int
    path: str
    sha256: str
    diff: TableDiff

    @property
    def full_name(self) -> str:
        """schema.name."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Manifest:
    """One profile of a publication. `built_at` is local time; `files` is by path below the folder."""

    publication_id: str
    seq: int
    profile: str
    built_at: datetime
    as_of_date: date
    input_hash: str
    code_version: str
    method_version: str
    previous_id: str | None
    tables: tuple[ManifestTable, ...]
    files: dict[str, FileSeal]


def write_manifest(
    staged: StagedPublication, profile: str, diffs: Mapping[str, TableDiff], previous_id: str | None
) -> None:
    """Writes one profile's manifest. `diffs` is by full table name, against the publication `previous_id`."""
    folder, identity = staged.folder_of(profile), staged.identity
    manifest = Manifest(
        publication_id=identity.publication_id,
        seq=identity.seq,
        profile=profile,
        built_at=identity.built_at,
        as_of_date=identity.as_of_date,
        input_hash=identity.input_hash,
        code_version=identity.code_version,
        method_version=identity.method_version,
        previous_id=previous_id,
        tables=tuple(
            ManifestTable(
                schema=entry.table.schema,
                name=entry.table.name,
                profile=entry.table.profile,
                rows=entry.rows,
                path=entry.path,
                sha256=entry.sha256,
                diff=diffs[entry.table.full_name],
            )
            for entry in staged.tables_of(profile)
        ),
        files={path.relative_to(folder).as_posix(): seal_of(path) for path in files_below(folder)},
    )
    write_record(folder / MANIFEST, manifest)


def read_manifest(folder: Path) -> Manifest | None:
    """Returns the manifest of a publication folder; None when there is none or it cannot be read."""
    try:
        return read_record(Manifest, folder / MANIFEST)
    except (OSError, RecordError):
        return None


def find_damage(folder: Path) -> list[str]:
    """Returns one sentence per file that is missing, unknown or altered; none when the publication is intact."""
    manifest = read_manifest(folder)
    if manifest is None:
        return [f"{MANIFEST} is missing or unreadable"]
    found = {path.relative_to(folder).as_posix(): path for path in files_below(folder)}
    del found[MANIFEST]
    return name_damage(manifest.files, found)
