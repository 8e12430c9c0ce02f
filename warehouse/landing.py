"""Landing: accepted rows as immutable Parquet, one folder per load, named by the content of what was delivered."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse.config import Home
from warehouse.engine import connect
from warehouse.files import move_folder
from warehouse.records import write_record
from warehouse.staging import new_stage

# A load id is 16 hex digits of a sha256; this one marks the zero-row file with the columns of a source.
EMPTY_LOAD = "0" * 16
PART = "part-0.parquet"
# The record of a load beside its rows, from which a damaged ledger is written again. Spark reads no name with `_`.
MANIFEST = "_load.json"
_SIDECAR = "sidecar.json"


def landing_folder(home: Home, source: str, load_id: str) -> Path:
    """Returns the folder of a load's accepted rows."""
    return home.landing / source / f"load_id={load_id}"


def deletions_of(source: str) -> str:
    """Returns the name of the landed source with the keys of deleted rows of `source`."""
    return f"{source}_deleted"


def coverage_of(source: str) -> str:
    """Returns the folder below the landing with the coverage of the loads of `source`."""
    return f"coverage/{source}"


def quarantine_folder(home: Home, source: str, load_id: str) -> Path:
    """Returns the folder of a load's quarantined rows."""
    return home.quarantine / source / f"load_id={load_id}"


def archive_folder(home: Home, load_id: str) -> Path:
    """Returns the folder of a load's delivered bytes and their sidecar."""
    return home.archive / load_id


def prepare_source(home: Home, source: str, schema: Sequence[tuple[str, str]]) -> None:
    """Writes the zero-row file of a source, so that models find its columns before the first delivery."""
    target = landing_folder(home, source, EMPTY_LOAD)
    stage = new_stage(home, f"empty-{source}")
    columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in schema)
    with connect() as connection:
        connection.execute(
            f"copy (select {columns} limit 0) to $target (format parquet, compression zstd)",
            {"target": str(stage / PART)},
        ).fetchall()
    move_folder(stage, target)


def archive_delivery(home: Home, load_id: str, staged: Path, sidecar: dict[str, object]) -> Path:
    """Archives the delivered bytes, readable by the owner only, with a sidecar that describes them.

    Returns the archived file. The same bytes are archived once.
    """
    home.archive.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.archive.chmod(0o700)
    folder = archive_folder(home, load_id)
    # A delivered file may have the name of the sidecar, or a hidden one.
    archived = folder / (f"_{staged.name}" if staged.name == _SIDECAR or staged.name.startswith(".") else staged.name)
    if not (folder / _SIDECAR).exists():
        folder.mkdir(exist_ok=True, mode=0o700)
        staged.replace(archived)
        archived.chmod(0o400)
        write_record(folder / _SIDECAR, sidecar)
    return _delivered_file(folder)


def archived_file(home: Home, load_id: str) -> Path | None:
    """Returns the delivered bytes of a load, None when its archive has expired."""
    folder = archive_folder(home, load_id)
    return _delivered_file(folder) if (folder / _SIDECAR).exists() else None


def _delivered_file(folder: Path) -> Path:
    return next(path for path in folder.iterdir() if path.name != _SIDECAR and not path.name.startswith("."))


def expire_archive(home: Home, days: int) -> list[str]:
    """Deletes archived deliveries older than `days`; returns their load ids. Their accepted rows stay landed."""
    limit = datetime.now(UTC) - timedelta(days=days)
    expired = []
    for sidecar in home.archive.glob(f"*/{_SIDECAR}"):
        if datetime.fromtimestamp(sidecar.stat().st_mtime, UTC) < limit:
            shutil.rmtree(sidecar.parent)
            expired.append(sidecar.parent.name)
    return sorted(expired)
