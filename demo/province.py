"""Reads the registry of one province into arrays for the generator."""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.vietnamese.text import normalise_name

DISTRICT_KIND = "huyen"
# These kinds appear in surveys; their counters are not part of the log.
_WITHOUT_LOG = ("commune", "hospital", "health_station")
SPELLINGS = 64
_FREE_SPELLINGS = 22


@dataclass(frozen=True)
class Province:
    """Agencies and procedures that are valid during the whole `year`.

    Agencies are numbered 0..n-1 in registry order; `spellings` holds SPELLINGS texts for each of them in turn.
    Procedure versions are numbered in registry order; `version_on[code, day of year]` gives the version in force, and
    `catalogue[agency]` the codes that the agency resolves (none: it takes part in no dossier). `receipt_cutoff` is a
    minute of the day.
    """

    year: int
    agency_ids: list[str]
    unit_kinds: list[str]
    has_one_stop: NDArray[np.bool_]
    spellings: list[str]
    procedure_codes: list[str]
    procedure_names: list[str]
    deadline_length: NDArray[np.int32]
    is_calendar_day: NDArray[np.bool_]
    is_hour: NDArray[np.bool_]
    online_level: NDArray[np.int32]
    version_on: NDArray[np.int32]
    receipt_cutoff: int
    catalogue: list[NDArray[np.int32]]

    @property
    def is_district(self) -> NDArray[np.bool_]:
        """Per agency: it uses the district software, whose exports are workbooks."""
        return np.array([kind == DISTRICT_KIND for kind in self.unit_kinds])


def read_province(registry: Path, year: int) -> Province:
    """Reads agencies, aliases, procedures and the cut-off hour from the registry folder.

    Raises ValueError when no agency has both a one-stop shop and a procedure, so that none could receive a dossier, or
    when no cut-off hour is in force.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    agencies = [
        row
        for row in registry_rows(registry / "agencies.csv")
        if holds_through(row, first, last) and row["unit_kind"] not in _WITHOUT_LOG
    ]
    aliases = names_in_force(registry, first, last)
    versions = registry_rows(registry / "procedures.csv")
    codes, version_on = _versions_by_day(versions, first, last)
    owners = {row["procedure_code"]: row["owner_agency_id"] for row in versions}
    has_one_stop = np.array([row["has_one_stop"] == "1" for row in agencies])
    catalogue = [
        np.array([at for at, code in enumerate(codes) if _resolves(row, owners[code])], dtype=np.int32)
        for row in agencies
    ]
    if not any(len(codes) and opens for codes, opens in zip(catalogue, has_one_stop, strict=True)):
        raise ValueError(f"{registry}: through the whole of {year} no agency has both a one-stop and a procedure")
    return Province(
        year=year,
        agency_ids=[row["agency_id"] for row in agencies],
        unit_kinds=[row["unit_kind"] for row in agencies],
        has_one_stop=has_one_stop,
        spellings=[text for row in agencies for text in spell(aliases.get(row["agency_id"]) or [row["agency_name"]])],
        procedure_codes=[row["procedure_code"] for row in versions],
        procedure_names=[row["procedure_name"] for row in versions],
        deadline_length=np.array([int(row["deadline_length"]) for row in versions], dtype=np.int32),
        is_calendar_day=np.array([row["deadline_unit"] == "calendar_day" for row in versions]),
        is_hour=np.array([row["deadline_unit"] == "hour" for row in versions]),
        online_level=np.array([int(row["online_level"]) for row in versions], dtype=np.int32),
        version_on=version_on,
        receipt_cutoff=_receipt_cutoff(registry, first),
        catalogue=catalogue,
    )


def _receipt_cutoff(registry: Path, day: date) -> int:
    for row in registry_rows(registry / "policy_parameters.csv"):
        if row["parameter"] == "receipt_cutoff" and holds_through(row, day, day):
            hour, minute = row["value"].split(":")
            return int(hour) * 60 + int(minute)
    raise ValueError(f"{registry}: policy_parameters.csv has no receipt_cutoff for {day}")


def _resolves(agency: dict[str, str], owner: str) -> bool:
    # A procedure without an owner is resolved by every district.
    return owner == agency["agency_id"] if owner else agency["unit_kind"] == DISTRICT_KIND


def registry_rows(path: Path) -> list[dict[str, str]]:
    """Returns the rows of one registry CSV as text, none without the file. The registry is already checked."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def names_in_force(registry: Path, first: date, last: date) -> dict[str, list[str]]:
    """Returns the aliases of each agency that are valid between two dates and unique to it."""
    rows = [row for row in registry_rows(registry / "agency_aliases.csv") if holds_through(row, first, last)]
    bearers: dict[str, set[str]] = {}
    for row in rows:
        bearers.setdefault(normalise_name(row["alias"]), set()).add(row["agency_id"])
    names: dict[str, list[str]] = {}
    for row in rows:
        if len(bearers[normalise_name(row["alias"])]) == 1:
            names.setdefault(row["agency_id"], []).append(row["alias"])
    return names


def holds_through(row: dict[str, str], first: date, last: date) -> bool:
    """Returns whether the dated row is valid from the first to the last day."""
    return (not row["valid_from"] or row["valid_from"] <= first.isoformat()) and (
        not row["valid_to"] or row["valid_to"] > last.isoformat()
    )


def spell(aliases: list[str]) -> list[str]:
    """Returns SPELLINGS texts of one agency: mostly the first alias, others, two that need cleaning (domain §9)."""
    usual = aliases[0]
    varied = [aliases[at % len(aliases)] for at in range(_FREE_SPELLINGS)]
    unclean = [unicodedata.normalize("NFD", usual), usual.replace(" ", "  ") + " "]
    return varied + unclean + [usual] * (SPELLINGS - len(varied) - len(unclean))


def _versions_by_day(versions: list[dict[str, str]], first: date, last: date) -> tuple[list[str], NDArray[np.int32]]:
    """Returns the codes in force on every day of the year, and the version in force by code and day."""
    days = [(first + timedelta(at)).isoformat() for at in range((last - first).days + 1)]
    in_force: dict[str, NDArray[np.int32]] = {}
    for number, row in enumerate(versions):
        by_day = in_force.setdefault(row["procedure_code"], np.full(len(days), -1, dtype=np.int32))
        for at, day in enumerate(days):
            if row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"]):
                by_day[at] = number
    complete = {code: by_day for code, by_day in in_force.items() if (by_day >= 0).all()}
    return list(complete), np.array(list(complete.values()), dtype=np.int32).reshape(len(complete), len(days))
