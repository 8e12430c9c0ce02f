"""What a self-assessment workbook of an agency asks: the criteria of its set, and which of them apply to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ingest.registry.declaration import declaration
from ingest.registry.tables import Row, TableContent, holds_on, read_table

_TABLES = ("agencies", "criteria_sets", "criteria", "exclusions")
_BESIDE = ("bonus", "penalty")
# What an exclusion by a feature of the agency alone cites: every exclusion in a workbook needs a document.
_REGISTRY = "Sổ đăng ký của tỉnh"
# Codes that the reader of workbooks takes for those of areas (the contract of assessments).
_AREA_CODE = re.compile(r"[a-zđ]{1,3}\d+|[ivx]+", re.IGNORECASE)
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV", "XVI")


class NothingToWriteError(LookupError):
    """The registry has no such agency, or no criteria set for its group in the year."""


@dataclass(frozen=True)
class AskedCriterion:
    """One row of the workbook: a criterion, or a heading above some, whose sums are over `below` (codes of leaves)."""

    code: str
    name: str
    max_points: Decimal
    min_points: Decimal
    rule: str
    rule_type: str
    is_self_scored: bool
    is_beside: bool
    exclusion_reason: str | None
    exclusion_document: str | None
    level: int
    below: tuple[str, ...] = ()

    @property
    def is_heading(self) -> bool:
        """Whether points stand below it only."""
        return bool(self.below)


@dataclass(frozen=True)
class AskedAgency:
    """The workbook of one agency: areas, headings and criteria in the order of the set."""

    agency_id: str
    agency_name: str
    year: int
    set_id: str
    set_name: str
    rows: tuple[AskedCriterion, ...]

    @property
    def leaves(self) -> list[AskedCriterion]:
        """The criteria that carry points."""
        return [row for row in self.rows if not row.is_heading]


def read_asked(registry: Path, year: int, agency_id: str | None = None) -> list[AskedAgency]:
    """Returns the workbooks of all agencies that are ranked in a year, or of one, from a registry that was checked.

    Raises NothingToWriteError when there is none.
    """
    tables = {name: read_table(registry, declaration().tables[name]) for name in _TABLES}
    day = f"{year}-12-31"
    ranked = [row for row in tables["agencies"].rows if row.cells["cchc_group"] and holds_on(row, day)]
    wanted = [row for row in ranked if agency_id is None or row.cells["agency_id"].lower() == agency_id.lower()]
    asked = [found for row in wanted if (found := _asked(tables, row, year, day)) is not None]
    if not asked:
        whom = agency_id or "any agency"
        raise NothingToWriteError(f"the registry has no criteria set for {whom} in {year}: see agencies, criteria_sets")
    return asked


def _asked(tables: dict[str, TableContent], agency: Row, year: int, day: str) -> AskedAgency | None:
    cells = agency.cells
    chosen = next(
        (
            row.cells
            for row in tables["criteria_sets"].rows
            if cells["cchc_group"] in row.cells["cchc_groups"].split(";")
            and int(row.cells["first_year"]) <= year <= int(row.cells["last_year"] or 9999)
        ),
        None,
    )
    if chosen is None:
        return None
    excluded = {
        row.cells["requires"]: row.cells
        for row in tables["exclusions"].rows
        if row.cells["agency_id"] == cells["agency_id"] and holds_on(row, day)
    }
    criteria = [row.cells for row in tables["criteria"].rows if row.cells["set_id"] == chosen["set_id"]]
    return AskedAgency(
        agency_id=cells["agency_id"],
        agency_name=cells["agency_name"],
        year=year,
        set_id=chosen["set_id"],
        set_name=chosen["set_name"],
        rows=tuple(_rows(criteria, cells, excluded)),
    )


def _rows(
    criteria: list[dict[str, str]], agency: dict[str, str], excluded: dict[str, dict[str, str]]
) -> Iterator[AskedCriterion]:
    for number, area in enumerate(dict.fromkeys(row["area_code"] for row in criteria)):
        own = [row for row in criteria if row["area_code"] == area]
        leaves = [row for row in own if row["scored_by"] and row["kind"] not in _BESIDE]
        if leaves:
            code = area if _AREA_CODE.fullmatch(area) else _ROMAN[number % len(_ROMAN)]
            yield _heading(code, own[0]["area_name"], 1, leaves)
        for row in own:
            if row["scored_by"]:
                yield _leaf(row, agency, excluded, _level(row, own))
            else:
                yield _heading(row["criterion_code"], row["criterion_name"], _level(row, own), _below(row, own))


def _heading(code: str, name: str, level: int, leaves: list[dict[str, str]]) -> AskedCriterion:
    return AskedCriterion(
        code=code,
        name=name,
        max_points=sum((Decimal(leaf["max_points"]) for leaf in leaves), Decimal(0)),
        min_points=Decimal(0),
        rule="",
        rule_type="",
        is_self_scored=False,
        is_beside=False,
        exclusion_reason=None,
        exclusion_document=None,
        level=level,
        below=tuple(leaf["criterion_code"] for leaf in leaves),
    )


def _leaf(
    row: dict[str, str], agency: dict[str, str], excluded: dict[str, dict[str, str]], level: int
) -> AskedCriterion:
    required = row["requires"]
    found = excluded.get(required)
    lacks = agency.get(f"has_{required}") == "0" or (required == "survey" and agency["is_survey_eligible"] == "0")
    reason = found["exclusion_reason"] if found else f"no_{required}" if lacks else None
    return AskedCriterion(
        code=row["criterion_code"],
        name=row["criterion_name"],
        max_points=Decimal(row["max_points"]),
        min_points=-Decimal(row["max_points"]) if row["kind"] == "penalty" else Decimal(row["min_points"] or 0),
        rule=row["rule"],
        rule_type=row["rule_type"],
        is_self_scored=row["scored_by"] == "appraisal",
        is_beside=row["kind"] in _BESIDE,
        exclusion_reason=reason,
        exclusion_document=found["exclusion_document"] if found else _REGISTRY if reason else None,
        level=level,
    )


def _level(row: dict[str, str], own: list[dict[str, str]]) -> int:
    parents = {one["criterion_code"]: one["parent_code"] for one in own}
    level, code = 2, row["parent_code"]
    while code:
        level, code = level + 1, parents.get(code, "")
    return level


def _below(row: dict[str, str], own: list[dict[str, str]]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for one in own:
        if one["parent_code"] == row["criterion_code"]:
            found += [one] if one["scored_by"] else _below(one, own)
    return found
