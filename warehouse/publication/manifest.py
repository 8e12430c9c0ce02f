"""manifest.json of a publication: what it is, what is in it, and the hash of every file. Written last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse.publication.diff import TableDiff
from warehouse.publication.sealing import files_below, sha256_of
from warehouse.publication.staged import StagedPublication

MANIFEST = "manifest.json"


def write_manifest(
    staged: StagedPublication, profile: str, diffs: Mapping[str, TableDiff], previous_id: str | None
) -> None:
    """Write one profile's manifest. `diffs` is by full table name, against the publication `previous_id`."""
    folder, identity = staged.folder_of(profile), staged.identity
    document = {
        "publication_id": identity.publication_id,
        "seq": identity.seq,
        "profile": profile,
        "built_at": identity.built_at.isoformat(timespec="seconds"),
        "as_of_date": identity.as_of_date.isoformat(),
        "input_hash": identity.input_hash,
        "code_version": identity.code_version,
        "method_version": identity.method_version,
        "previous_id": previous_id,
        "tables": [
            {
                "schema": entry.table.schema,
                "name": entry.table.name,
                "profile": entry.table.profile,
                "rows": entry.rows,
                "path": entry.path,
                "sha256": entry.sha256,
                "diff": diffs[entry.table.full_name].as_document(),
            }
            for entry in staged.tables_of(profile)
        ],
        "files": {
            path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for path in files_below(folder)
        },
    }
    text = json.dumps(document, ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a publication folder; None when there is none or it cannot be read."""
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) and "publication_id" in document else None


def find_damage(folder: Path) -> list[str]:
    """One sentence per file that is missing, unknown or altered since the manifest was written; none when intact."""
    document = read_manifest(folder)
    if document is None:
        return [f"{MANIFEST} is missing or unreadable"]
    listed = document["files"]
    found = {path.relative_to(folder).as_posix(): path for path in files_below(folder)}
    del found[MANIFEST]
    return [
        *(f"{name} is missing" for name in listed if name not in found),
        *(f"{name} is not in the manifest" for name in found if name not in listed),
        *(
            f"{name} was altered"
            for name, path in found.items()
            if name in listed
            and (path.stat().st_size != listed[name]["bytes"] or sha256_of(path) != listed[name]["sha256"])
        ),
    ]
