"""Criteria excluded for agencies and the reasons; because of them the index divides by the applicable maximum."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from reports.database import fetch


def criterion_order(code: str) -> tuple[tuple[int, str], ...]:
    """Returns a sort key that orders criterion codes numerically: 1.9 before 1.10."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in code.split("."))


@dataclass(frozen=True)
class Area:
    """One area of the criteria set and its full maximum in points."""

    area_code: str
    name: str
    max_points: Decimal


@dataclass(frozen=True)
class ExcludedAgency:
    """An agency with excluded criteria: excluded points by area (in the order of the areas, 0 = none excluded)."""

    name: str
    short_name: str
    coverage_pct: float | None
    n_excluded: int
    excluded_points: Decimal
    by_area: tuple[Decimal, ...]


@dataclass(frozen=True)
class Reason:
    """Agencies with the same excluded criteria, reason and document."""

    reason: str
    class_label: str
    document: str | None
    criteria: tuple[str, ...]
    excluded_points: Decimal
    agencies: tuple[str, ...]


@dataclass(frozen=True)
class Exclusions:
    """Exclusions of one year: agencies by coverage, lowest first; reasons by excluded points."""

    n_agencies: int
    areas: tuple[Area, ...]
    agencies: tuple[ExcludedAgency, ...]
    reasons: tuple[Reason, ...]


def read_exclusions(connection: duckdb.DuckDBPyConnection, year: int) -> Exclusions:
    """Reads the exclusions of one year. Raises duckdb.Error when a mart is missing."""
    areas = tuple(Area(**row) for row in fetch(connection, _AREAS, year))
    cells: dict[str, dict[str, Decimal]] = {}
    for row in fetch(connection, _BY_AREA, year):
        cells.setdefault(row["agency_id"], {})[row["area_code"]] = row["excluded_points"]
    none = Decimal(0)
    agencies = []
    for row in fetch(connection, _AGENCIES, year):
        found = cells[row.pop("agency_id")]
        agencies.append(ExcludedAgency(**row, by_area=tuple(found.get(area.area_code, none) for area in areas)))
    (counted,) = fetch(connection, "SELECT count(*) AS n_agencies FROM cchc.ranking WHERE year = ?", year)
    reasons = (
        Reason(
            **row
            | {"criteria": tuple(sorted(row["criteria"], key=criterion_order)), "agencies": tuple(row["agencies"])}
        )
        for row in fetch(connection, _REASONS, year)
    )
    return Exclusions(counted["n_agencies"], areas, tuple(agencies), tuple(reasons))


# The maximum comes from the criteria set: an excluded score row has no points and may have no maximum.
_EXCLUDED = """
WITH excluded AS (
    SELECT s.agency_id, s.criterion_code, s.exclusion_reason, s.exclusion_class, s.exclusion_document,
        d.area_code, CAST(coalesce(d.max_points, s.max_points) AS DECIMAL(18, 6)) AS max_points, r.coverage_pct,
        coalesce(a.agency_name, s.agency_id) AS agency_name,
        coalesce(a.short_name, a.agency_name, s.agency_id) AS short_name
    FROM cchc.criterion_scores AS s
    INNER JOIN cchc.ranking AS r ON r.year = s.year AND r.agency_id = s.agency_id
    LEFT JOIN core.dim_criterion AS d ON d.set_id = r.set_id AND d.criterion_code = s.criterion_code
    LEFT JOIN core.agency AS a ON a.agency_id = s.agency_id
    WHERE s.year = ? AND NOT coalesce(s.is_applicable, TRUE)
)
"""

# Of several sets that call an area alike, the one that gives it most.
_AREAS = """
WITH areas AS (
    SELECT d.set_id, d.area_code, any_value(d.area_name) AS name, sum(d.max_points) AS max_points
    FROM core.dim_criterion AS d
    WHERE d.is_leaf AND d.set_id IN (SELECT set_id FROM cchc.ranking WHERE year = ?)
    GROUP BY d.set_id, d.area_code
)

SELECT area_code, string_agg(DISTINCT name, ' / ' ORDER BY name) AS name,
    CAST(max(max_points) AS DECIMAL(18, 6)) AS max_points
FROM areas
GROUP BY area_code
ORDER BY area_code
"""

_BY_AREA = f"""
{_EXCLUDED}
SELECT agency_id, area_code, CAST(sum(max_points) AS DECIMAL(18, 6)) AS excluded_points
FROM excluded GROUP BY agency_id, area_code
"""

_AGENCIES = f"""
{_EXCLUDED}
SELECT agency_id, any_value(agency_name) AS name, any_value(short_name) AS short_name,
    any_value(coverage_pct) AS coverage_pct, count(*) AS n_excluded,
    CAST(sum(max_points) AS DECIMAL(18, 6)) AS excluded_points
FROM excluded GROUP BY agency_id
ORDER BY coverage_pct NULLS FIRST, excluded_points DESC, agency_id
"""

# Agencies that share reason, document and criteria are one row.
_REASONS = f"""
{_EXCLUDED},

by_agency AS (
    SELECT agency_id, any_value(short_name) AS short_name, exclusion_reason, exclusion_class, exclusion_document,
        sum(max_points) AS excluded_points,
        list(criterion_code ORDER BY criterion_code) AS criteria
    FROM excluded GROUP BY agency_id, exclusion_reason, exclusion_class, exclusion_document
)

SELECT coalesce(any_value(v.label_vi), b.exclusion_reason, '') AS reason,
    coalesce(any_value(c.label_vi), b.exclusion_class, '') AS class_label, b.exclusion_document AS document, b.criteria,
    CAST(any_value(b.excluded_points) AS DECIMAL(18, 6)) AS excluded_points,
    list(b.short_name ORDER BY b.agency_id) AS agencies
FROM by_agency AS b
LEFT JOIN core.label AS v ON v.list_name = 'exclusion_reason' AND v.value = b.exclusion_reason
LEFT JOIN core.label AS c ON c.list_name = 'exclusion_class' AND c.value = b.exclusion_class
GROUP BY b.exclusion_reason, b.exclusion_class, b.exclusion_document, b.criteria
ORDER BY excluded_points DESC, reason, document NULLS LAST, agencies
"""
