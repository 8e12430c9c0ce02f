"""Reads which province a registry is of, without the rest of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingest.registry.declaration import declaration
from ingest.registry.tables import read_table


@dataclass(frozen=True)
class ProvinceIdentity:
    """Code and name of a province; each None where the registry does not state it or cannot be read."""

    code: str | None
    name: str | None


def read_identity(registry: Path, day: date) -> ProvinceIdentity:
    """Returns the parameters province_code and province_name as valid on a day. Never raises for bad content."""
    content = read_table(registry, declaration().tables["policy_parameters"])
    on_day = day.isoformat()
    valid = {
        row.cells["parameter"]: row.cells["value"]
        for row in content.rows
        if row.cells["valid_from"] <= on_day and (not row.cells["valid_to"] or on_day < row.cells["valid_to"])
    }
    return ProvinceIdentity(valid.get("province_code"), valid.get("province_name"))
