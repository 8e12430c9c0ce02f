"""Satisfaction on the page, from the marts of the latest survey year, official index form only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from reports.database import fetch

# Units with these statuses are listed separately, in this order, and never count as highest or lowest.
SET_APART = ("suppressed", "no_data", "low_reliability", "trial", "not_eligible")


@dataclass(frozen=True)
class Population:
    """Mean of one population, this survey year and the one before (per cent; differences in percentage points)."""

    population: str
    name: str
    index_form: str
    n_units: int
    n_valid: int
    n_planned: int | None
    estimate_pct: float | None
    previous_pct: float | None
    diff_points: float | None


@dataclass(frozen=True)
class Block:
    """Mean of one block of agencies; highest first in `Satisfaction`."""

    block_code: str
    name: str
    n_agencies: int
    n_valid: int
    estimate_pct: float | None
    previous_pct: float | None
    diff_points: float | None


@dataclass(frozen=True)
class Unit:
    """Index of one surveyed unit. `set_apart` is its status when it must not be compared, else None."""

    population: str
    block_code: str | None
    name: str
    short_name: str
    n_valid: int
    estimate_pct: float | None
    previous_pct: float | None
    diff_points: float | None
    rank: int | None
    status: str
    status_label: str

    @property
    def set_apart(self) -> str | None:
        """The status that excludes the unit from comparisons, None for a comparable unit."""
        return self.status if self.status in SET_APART else None


@dataclass(frozen=True)
class District:
    """Mean of the communes of one district."""

    name: str
    n_communes: int
    estimate_pct: float | None
    rank: int | None


@dataclass(frozen=True)
class Factor:
    """Mean of one factor over the units of a population whose figure may be shown."""

    population: str
    factor_code: str
    name: str
    n_units: int
    mean_pct: float


@dataclass(frozen=True)
class FactorTable:
    """Populations with the same factors; each row is one factor, with a cell for each population in their order."""

    populations: tuple[Population, ...]
    rows: tuple[tuple[Factor, ...], ...]


@dataclass(frozen=True)
class SetApart:
    """Units of one population that share a status of SET_APART."""

    population: str
    status: str
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class Satisfaction:
    """Everything of one survey year."""

    year: int
    populations: tuple[Population, ...]
    blocks: tuple[Block, ...]
    units: tuple[Unit, ...]
    districts: tuple[District, ...]
    factors: tuple[Factor, ...]

    def units_of(self, population: str, block_code: str | None = None) -> list[Unit]:
        """Units of a population, or of one block of it, highest first."""
        return [
            unit
            for unit in self.units
            if unit.population == population and (block_code is None or unit.block_code == block_code)
        ]

    @property
    def shared_blocks(self) -> list[tuple[Block, list[Unit]]]:
        """Blocks of more than one agency, with their agencies; the largest first."""
        blocks = ((block, self.units_of("agencies", block.block_code)) for block in self.blocks)
        return sorted(((block, units) for block, units in blocks if len(units) > 1), key=lambda pair: -len(pair[1]))

    @property
    def factor_tables(self) -> list[FactorTable]:
        """One table for each set of populations with the same factors."""
        cells = {(factor.population, factor.factor_code): factor for factor in self.factors}
        names = {factor.factor_code: factor.name for factor in self.factors}
        asked: dict[tuple[str, ...], list[Population]] = {}
        for population in self.populations:
            if codes := tuple(code for code in names if (population.population, code) in cells):
                asked.setdefault(codes, []).append(population)
        return [
            FactorTable(
                tuple(populations),
                tuple(tuple(cells[population.population, code] for population in populations) for code in codes),
            )
            for codes, populations in asked.items()
        ]

    @property
    def weakest_factors(self) -> list[tuple[Population, Factor]]:
        """The factor with the lowest mean, for each population that has several."""
        found = []
        for population in self.populations:
            factors = [factor for factor in self.factors if factor.population == population.population]
            if len(factors) > 1:
                found.append((population, min(factors, key=lambda factor: factor.mean_pct)))
        return found

    @property
    def apart(self) -> list[SetApart]:
        """Units set apart, by population and status, without empty groups."""
        groups = (
            SetApart(population.name, status, tuple(unit for unit in units if unit.set_apart == status))
            for population in self.populations
            for units in [self.units_of(population.population)]
            for status in SET_APART
        )
        return [group for group in groups if group.units]


def read_satisfaction(connection: duckdb.DuckDBPyConnection) -> Satisfaction | None:
    """Reads the latest year with an estimate; None when there is none. Raises duckdb.Error."""
    (latest,) = fetch(connection, _LATEST)
    year = latest["year"]
    if year is None:
        return None
    return Satisfaction(
        year=year,
        populations=tuple(Population(**row) for row in fetch(connection, _POPULATIONS, year)),
        blocks=tuple(Block(**row) for row in fetch(connection, _BLOCKS, year)),
        units=tuple(Unit(**row) for row in fetch(connection, _UNITS, year)),
        districts=tuple(District(**row) for row in fetch(connection, _DISTRICTS, year)),
        factors=tuple(Factor(**row) for row in fetch(connection, _FACTORS, year)),
    )


def extremes(units: Iterable[Unit | District]) -> tuple[list[str], float, list[str], float] | None:
    """Returns names and value of the highest units, and of the lowest; values equal to 9 decimals are a tie.

    Ignores units set apart; returns None with fewer than two units or distinct values.
    """
    known = [
        (round(unit.estimate_pct, 9), unit.name)
        for unit in units
        if unit.estimate_pct is not None and not (isinstance(unit, Unit) and unit.set_apart)
    ]
    highest, lowest = max((value for value, _ in known), default=0.0), min((value for value, _ in known), default=0.0)
    if highest == lowest:
        return None
    return (
        [name for value, name in known if value == highest],
        highest,
        [name for value, name in known if value == lowest],
        lowest,
    )


_LATEST = """
SELECT max(year) AS year FROM satisfaction.index_by_population WHERE is_official_form AND estimate_pct IS NOT NULL
"""

_POPULATIONS = """
WITH planned AS (
    SELECT population, year, CAST(sum(n_planned) AS BIGINT) AS n_planned
    FROM satisfaction.index_by_agency WHERE is_official_form GROUP BY population, year
)
SELECT p.population, coalesce(v.label_vi, p.population) AS name, coalesce(f.label_vi, p.index_form) AS index_form,
    p.n_units, p.n_valid, n.n_planned, p.estimate_pct, p.previous_estimate_pct AS previous_pct, p.diff_points
FROM satisfaction.index_by_population AS p
LEFT JOIN planned AS n ON n.population = p.population AND n.year = p.year
LEFT JOIN core.label AS v ON v.list_name = 'population' AND v.value = p.population
LEFT JOIN core.label AS f ON f.list_name = 'index_form' AND f.value = p.index_form
WHERE p.is_official_form AND p.year = ?
ORDER BY coalesce(v.sort_order, 99), p.population
"""

# The mart of blocks has no flag for the official form: it is the form of the block's agencies.
_BLOCKS = """
SELECT b.block_code, coalesce(v.label_vi, b.block_code) AS name, b.n_agencies, b.n_valid, b.estimate_pct,
    b.previous_estimate_pct AS previous_pct, b.diff_points
FROM satisfaction.index_by_block AS b
INNER JOIN (
    SELECT DISTINCT year, block_code, index_form FROM satisfaction.index_by_agency
    WHERE is_official_form AND population = 'agencies'
) AS o ON o.year = b.year AND o.block_code = b.block_code AND o.index_form = b.index_form
LEFT JOIN core.label AS v ON v.list_name = 'block_code' AND v.value = b.block_code
WHERE b.year = ?
ORDER BY b.estimate_pct DESC NULLS LAST, coalesce(v.sort_order, 99), b.block_code
"""

# Names of communes and stations repeat across districts, so the district's name is added.
_UNITS = """
SELECT i.population, i.block_code,
    coalesce(a.agency_name, i.agency_id)
        || CASE WHEN p.short_name IS NOT NULL AND i.population IN ('communes', 'health_stations')
            THEN ' – ' || p.short_name ELSE '' END AS name,
    coalesce(a.short_name, a.agency_name, i.agency_id) AS short_name,
    i.n_valid, i.estimate_pct, i.previous_estimate_pct AS previous_pct, i.diff_points,
    CASE WHEN i.population = 'agencies' THEN i.block_rank ELSE i.score_rank END AS rank,
    CASE WHEN i.estimate_status IN ('suppressed', 'no_data') THEN i.estimate_status
        ELSE coalesce(i.rank_status, i.estimate_status) END AS status,
    coalesce(CASE WHEN i.estimate_status IN ('suppressed', 'no_data') THEN e.label_vi ELSE r.label_vi END,
        i.estimate_status) AS status_label
FROM satisfaction.index_by_agency AS i
LEFT JOIN core.agency AS a ON a.agency_id = i.agency_id
LEFT JOIN core.agency AS p ON p.agency_id = a.parent_agency_id
LEFT JOIN core.label AS e ON e.list_name = 'estimate_status' AND e.value = i.estimate_status
LEFT JOIN core.label AS r ON r.list_name = 'rank_status' AND r.value = i.rank_status
WHERE i.is_official_form AND i.year = ?
ORDER BY i.population, i.estimate_pct DESC NULLS LAST, i.agency_id
"""

_DISTRICTS = """
SELECT coalesce(district_name, district_code) AS name, n_communes, estimate_pct, score_rank AS rank
FROM satisfaction.index_by_district
WHERE is_official_form AND year = ?
ORDER BY estimate_pct DESC NULLS LAST, district_code
"""

_FACTORS = """
SELECT i.population, f.factor_code, coalesce(any_value(v.label_vi), f.factor_code) AS name,
    count(*) AS n_units, avg(f.estimate_pct) AS mean_pct
FROM satisfaction.index_by_factor AS f
INNER JOIN satisfaction.index_by_agency AS i
    ON i.year = f.year AND i.agency_id = f.agency_id AND i.index_form = f.index_form AND i.is_official_form
LEFT JOIN core.label AS v ON v.list_name = 'factor_code' AND v.value = f.factor_code
WHERE f.year = ? AND f.estimate_pct IS NOT NULL
GROUP BY i.population, f.factor_code
ORDER BY coalesce(any_value(v.sort_order), 99), f.factor_code, i.population
"""
