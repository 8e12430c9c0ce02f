"""Draws CCHC points of every agency and year: appraised points that hit the official index, and self-assessed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from demo import conference
from demo.fieldwork import SurveyedUnit
from demo.measures import Measures
from demo.province import holds_through, registry_rows

# For a province without printed indices, and for the lower index of the year before.
_MIDDLE, _SPREAD = 77.0, 6.0
_RISE = (-0.8, 3.6)
_HUMBLE_SHARE = 0.12
_NEAREST_FLOOR = 0.75


@dataclass(frozen=True)
class Criterion:
    """One row of the criteria set; `measure` names the figure behind the points of survey and dossier criteria."""

    code: str
    name: str
    area_code: str
    area_name: str
    max_points: float
    scored_by: str
    requires: str
    rule_type: str
    measure: str
    factor_code: str
    full_from: float
    zero_below: float
    is_full_without_cases: bool

    @property
    def step(self) -> float:
        """The smallest difference in points that appraisers give."""
        return {"ratio": 0.01, "yes_no": self.max_points}.get(self.rule_type, min(0.5, self.max_points / 2))

    def points(self, measure_pct: float | None) -> float:
        """Returns the points of a measured share; without a measure all points or, if pending, none (domain §6.3)."""
        if measure_pct is None:
            return self.max_points if self.is_full_without_cases else 0.0
        if measure_pct < self.zero_below:
            return 0.0
        return self.max_points * min(1.0, measure_pct / self.full_from)


@dataclass(frozen=True)
class Exclusion:
    """Why a criterion does not apply to an agency, and the document that excludes it."""

    reason: str
    document: str


@dataclass(frozen=True)
class ScoredAgency:
    """One agency's points of one year; criteria that do not apply are only in `exclusions`, by code."""

    year: int
    agency_id: str
    criteria: list[Criterion]
    exclusions: dict[str, Exclusion]
    appraised: dict[str, float]
    self_points: dict[str, float]
    measured: dict[str, float]

    @property
    def official_pct(self) -> float:
        """Earned points over the applicable maximum, in per cent (domain §6.2)."""
        applicable = sum(c.max_points for c in self.criteria if c.code not in self.exclusions)
        return 100 * (sum(self.appraised.values()) + sum(self.measured.values())) / applicable


def read_criteria(registry: Path, year: int) -> list[Criterion]:
    """Reads the criteria of the set in force in `year`; none when the registry has no set for it."""
    sets = [
        row["set_id"]
        for row in registry_rows(registry / "criteria_sets.csv")
        if int(row["first_year"]) <= year <= int(row["last_year"] or 9999)
    ]
    return [
        Criterion(
            code=row["criterion_code"],
            name=row["criterion_name"],
            area_code=row["area_code"],
            area_name=row["area_name"],
            max_points=float(row["max_points"]),
            scored_by=row["scored_by"],
            requires=row["requires"],
            rule_type=row["rule_type"],
            measure=row["measure"],
            factor_code=row["factor_code"],
            full_from=float(row["full_from"] or 100),
            zero_below=float(row["zero_below"] or 0),
            is_full_without_cases=row["when_none"] == "full",
        )
        for row in registry_rows(registry / "criteria.csv")
        if row["set_id"] in sets
    ]


def score_year(
    registry: Path,
    year: int,
    last_year: int,
    surveyed: Sequence[SurveyedUnit],
    measures: Measures,
    rng: np.random.Generator,
) -> list[ScoredAgency]:
    """Draws the points of every ranked agency, slightly lower before `last_year`. Deterministic in `rng`'s state."""
    last_day = date(year, 12, 31)
    criteria = read_criteria(registry, year)
    units = {one.unit.agency_id: one for one in surveyed}
    excluded = read_exclusions(registry, criteria, last_day)
    scored = []
    for row in registry_rows(registry / "agencies.csv"):
        if not (row["cchc_group"] and criteria and holds_through(row, last_day, last_day)):
            continue
        agency = row["agency_id"]
        exclusions = excluded.get(agency, {})
        target = conference.OFFICIAL_PCT.get(agency, _MIDDLE + float(rng.normal(0, _SPREAD)))
        if year < last_year:
            target = _away_from_floors(target - (last_year - year) * float(rng.uniform(*_RISE)))
        applicable = [c for c in criteria if c.code not in exclusions]
        measured = {
            c.code: c.points(_measure(c, agency, units, measures)) for c in applicable if c.scored_by != "appraisal"
        }
        wanted = target / 100 * sum(c.max_points for c in applicable) - sum(measured.values())
        judged = [c for c in applicable if c.scored_by == "appraisal"]
        appraised = _share_out(judged, wanted, rng)
        self_points = _self_assess(judged, appraised, rng)
        scored.append(ScoredAgency(year, agency, criteria, exclusions, appraised, self_points, measured))
    return scored


def read_exclusions(registry: Path, criteria: Sequence[Criterion], day: date) -> dict[str, dict[str, Exclusion]]:
    """Returns by agency and criterion the exclusions on a day: the agency lacks what the criterion requires."""
    found: dict[str, dict[str, Exclusion]] = {}
    for row in registry_rows(registry / "exclusions.csv"):
        if holds_through(row, day, day):
            exclusion = Exclusion(row["exclusion_reason"], row["exclusion_document"])
            codes = {c.code: exclusion for c in criteria if c.requires == row["requires"]}
            found.setdefault(row["agency_id"], {}).update(codes)
    return found


def _measure(criterion: Criterion, agency: str, units: Mapping[str, SurveyedUnit], measures: Measures) -> float | None:
    if criterion.scored_by == "dossier":
        return measures.get((agency, criterion.measure))
    if agency not in units:
        return None
    if criterion.measure == "factor_index":
        return units[agency].factor_pct(criterion.factor_code)
    return units[agency].index_pct


def _away_from_floors(pct: float) -> float:
    """Moves an index away from the rating floors, because earlier years have no printed ratings to reproduce."""
    for floor in (85.0, 70.0, 50.0):
        if abs(pct - floor) < _NEAREST_FLOOR:
            return floor - _NEAREST_FLOOR
    return pct


def _share_out(criteria: Sequence[Criterion], wanted: float, rng: np.random.Generator) -> dict[str, float]:
    """Draws points with the sum `wanted`, as far as the maxima allow, with strong and weak areas."""
    most = sum(c.max_points for c in criteria)
    level = float(np.clip(wanted / most, 0.0, 1.0))
    areas = {area: float(rng.normal(0, 0.07)) for area in sorted({c.area_code for c in criteria})}
    points = {}
    for c in criteria:
        share = float(np.clip(level + areas[c.area_code] + rng.normal(0, 0.13), 0.0, 1.0))
        points[c.code] = _on_step(c, share * c.max_points)
    # Ratios come last, because their fine steps absorb the remainder.
    ordered = sorted(criteria, key=lambda c: (c.rule_type == "ratio", float(rng.random())))
    for fraction in (0.3, 1.0, 1.0):
        for c in ordered:
            left = wanted - sum(points.values())
            change = float(np.clip(left, -fraction * c.max_points, fraction * c.max_points))
            moved = _on_step(c, points[c.code] + change)
            if abs(wanted - (sum(points.values()) - points[c.code] + moved)) < abs(left):
                points[c.code] = moved
    return points


def _self_assess(
    criteria: Sequence[Criterion], appraised: Mapping[str, float], rng: np.random.Generator
) -> dict[str, float]:
    """Draws self-assessed points, mostly two to four of a hundred above the appraisal; a few agencies are below."""
    most = sum(c.max_points for c in criteria)
    is_humble = rng.random() < _HUMBLE_SHARE
    wanted = most / 100 * float(rng.uniform(-1.5, -0.2) if is_humble else rng.uniform(2.0, 4.5))
    points = dict(appraised)
    for c in sorted(criteria, key=lambda _: float(rng.random())):
        left = wanted + sum(appraised.values()) - sum(points.values())
        if abs(left) < 0.25:
            break
        change = float(np.sign(left)) * min(abs(left), max(0.5, c.step))
        points[c.code] = _on_step(c, points[c.code] + change)
    return points


def _on_step(criterion: Criterion, points: float) -> float:
    stepped = round(points / criterion.step) * criterion.step
    return round(float(np.clip(stepped, 0.0, criterion.max_points)), 2)
