"""The CCHC index on the page, read from the published marts of the latest year that has an index."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from reports.database import fetch
from reports.page.exclusions import Exclusions, criterion_order, read_exclusions


@dataclass(frozen=True)
class RankedAgency:
    """One agency of a year. Percentages 0-100; points and maxima in points of the criteria set.

    An agency with incomplete points has no official_pct but bounds, and `pending`: the bodies that still owe points,
    with the criteria.
    """

    agency_id: str
    name: str
    short_name: str
    group: str
    group_rank: int | None
    official_pct: float | None
    to_next_floor_points: float | None
    earned_points: Decimal | None
    max_points: Decimal | None
    coverage_pct: float | None
    appraisal_points: Decimal | None
    survey_points: Decimal | None
    dossier_points: Decimal | None
    has_survey_criteria: bool
    has_dossier_criteria: bool
    rating: str | None
    previous_pct: float | None
    diff_points: float | None
    comparison_reason: str | None
    rank_status: str | None
    rank_status_label: str
    estimate_status_label: str
    bound_lo: float | None
    bound_hi: float | None
    pending: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def next_floor(self) -> float | None:
        """The floor of the next better rating, None at the top."""
        if self.official_pct is None or self.to_next_floor_points is None:
            return None
        return round(self.official_pct + self.to_next_floor_points, 6)


@dataclass(frozen=True)
class RankedGroup:
    """A peer group: ranked agencies by rank, then agencies with an index but no rank, then those without an index."""

    name: str
    agencies: tuple[RankedAgency, ...]

    @property
    def complete(self) -> list[RankedAgency]:
        """Agencies that have an index."""
        return [agency for agency in self.agencies if agency.official_pct is not None]

    @property
    def incomplete(self) -> list[RankedAgency]:
        """Agencies with incomplete points."""
        return [agency for agency in self.agencies if agency.official_pct is None]


@dataclass(frozen=True)
class Ratings:
    """Numbers of agencies by group (and in total) and rating; `labels` from best to worst."""

    labels: tuple[str, ...]
    groups: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def total(self) -> tuple[int, ...]:
        """All groups together."""
        return tuple(sum(counts) for counts in zip(*(counts for _, counts in self.groups), strict=True))


@dataclass(frozen=True)
class Ranking:
    """The index of one year. `decisions` are the numbers that made it official; empty while provisional."""

    year: int
    is_final: bool
    decisions: tuple[str, ...]
    ratings: Ratings
    groups: tuple[RankedGroup, ...]
    exclusions: Exclusions

    @property
    def agencies(self) -> list[RankedAgency]:
        """All agencies, group by group."""
        return [agency for group in self.groups for agency in group.agencies]

    @property
    def has_differences(self) -> bool:
        """Some agency can be compared with the year before."""
        return any(agency.diff_points is not None for agency in self.agencies)


def read_ranking(connection: duckdb.DuckDBPyConnection) -> Ranking | None:
    """Reads the latest year with an index, else the latest year; None when there is no ranking.

    Raises duckdb.Error when a mart is missing.
    """
    (latest,) = fetch(connection, _LATEST)
    year = latest["year"]
    if year is None:
        return None
    stages = fetch(connection, _STAGES, year)
    pending = _read_pending(connection, year)
    groups: dict[str, list[RankedAgency]] = {}
    for row in fetch(connection, _AGENCIES, year):
        agency = RankedAgency(**row, pending=pending.get(row["agency_id"], ()))
        groups.setdefault(agency.group, []).append(agency)
    return Ranking(
        year=year,
        is_final=all(row["stage"] == "final" for row in stages),
        decisions=tuple(sorted({row["decision_number"] for row in stages if row["decision_number"]})),
        ratings=_read_ratings(connection, year),
        groups=tuple(RankedGroup(name, tuple(agencies)) for name, agencies in groups.items()),
        exclusions=read_exclusions(connection, year),
    )


def _read_pending(
    connection: duckdb.DuckDBPyConnection, year: int
) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    found: dict[str, dict[str, list[str]]] = {}
    for row in fetch(connection, _PENDING, year):
        found.setdefault(row["agency_id"], {}).setdefault(row["scored_by"], []).append(row["criterion_code"])
    return {
        agency: tuple((by, tuple(sorted(codes, key=criterion_order))) for by, codes in parts.items())
        for agency, parts in found.items()
    }


def _read_ratings(connection: duckdb.DuckDBPyConnection, year: int) -> Ratings:
    rows = fetch(connection, _RATINGS, year)
    labels = tuple(dict.fromkeys(row["rating"] for row in sorted(rows, key=lambda row: row["rating_order"])))
    groups: dict[str, dict[str, int]] = {}
    for row in rows:
        groups.setdefault(row["group"], {})[row["rating"]] = row["n_agencies"]
    counts = ((name, tuple(found.get(label, 0) for label in labels)) for name, found in groups.items())
    return Ratings(labels, tuple(counts))


_LATEST = """
SELECT coalesce(max(year) FILTER (WHERE official_pct IS NOT NULL), max(year)) AS year FROM cchc.ranking
"""

_STAGES = "SELECT DISTINCT stage, decision_number FROM cchc.ranking WHERE year = ?"

_AGENCIES = """
WITH taken AS (
    SELECT s.year, s.agency_id, d.set_id, bool_or(d.scored_by = 'survey') AS has_survey_criteria,
        bool_or(d.scored_by = 'dossier') AS has_dossier_criteria
    FROM cchc.criterion_scores AS s
    INNER JOIN core.dim_criterion AS d ON d.criterion_code = s.criterion_code
    WHERE coalesce(s.is_applicable, TRUE)
    GROUP BY s.year, s.agency_id, d.set_id
)

SELECT r.agency_id, coalesce(a.agency_name, r.agency_id) AS name,
    coalesce(a.short_name, a.agency_name, r.agency_id) AS short_name,
    coalesce(g.label_vi, r.cchc_group, 'Khác') AS "group", r.group_rank, r.official_pct, r.to_next_floor_points,
    r.earned_points, r.max_points, r.coverage_pct, r.appraisal_points, r.survey_points, r.dossier_points,
    coalesce(t.has_survey_criteria, FALSE) AS has_survey_criteria,
    coalesce(t.has_dossier_criteria, FALSE) AS has_dossier_criteria,
    coalesce(v.label_vi, r.rating) AS rating, r.previous_official_pct AS previous_pct, r.diff_points,
    coalesce(c.label_vi, r.comparison_reason) AS comparison_reason, r.rank_status,
    coalesce(s.label_vi, r.rank_status, '') AS rank_status_label,
    coalesce(e.label_vi, r.estimate_status, '') AS estimate_status_label, r.bound_lo, r.bound_hi
FROM cchc.ranking AS r
LEFT JOIN core.agency AS a ON a.agency_id = r.agency_id
LEFT JOIN taken AS t ON t.year = r.year AND t.agency_id = r.agency_id AND t.set_id = r.set_id
LEFT JOIN core.label AS g ON g.list_name = 'cchc_group' AND g.value = r.cchc_group
LEFT JOIN core.label AS v ON v.list_name = 'rating' AND v.value = r.rating
LEFT JOIN core.label AS c ON c.list_name = 'comparison_reason' AND c.value = r.comparison_reason
LEFT JOIN core.label AS s ON s.list_name = 'rank_status' AND s.value = r.rank_status
LEFT JOIN core.label AS e ON e.list_name = 'estimate_status' AND e.value = r.estimate_status
WHERE r.year = ?
ORDER BY coalesce(g.sort_order, 99), r.cchc_group, r.official_pct IS NULL, r.group_rank NULLS LAST,
    r.official_pct DESC, r.agency_id
"""

_RATINGS = """
SELECT coalesce(g.label_vi, n.cchc_group) AS "group", coalesce(v.label_vi, n.rating) AS rating,
    coalesce(v.sort_order, 99) AS rating_order, CAST(n.n_agencies AS BIGINT) AS n_agencies
FROM cchc.rating_counts AS n
LEFT JOIN core.label AS g ON g.list_name = 'cchc_group' AND g.value = n.cchc_group
LEFT JOIN core.label AS v ON v.list_name = 'rating' AND v.value = n.rating
WHERE n.year = ? AND n.cchc_group IS NOT NULL AND n.rating IS NOT NULL
ORDER BY coalesce(g.sort_order, 99), n.cchc_group, rating_order, n.rating
"""

_PENDING = """
SELECT s.agency_id, coalesce(v.label_vi, d.scored_by, '') AS scored_by, s.criterion_code
FROM cchc.criterion_scores AS s
INNER JOIN cchc.ranking AS r ON r.year = s.year AND r.agency_id = s.agency_id
LEFT JOIN core.dim_criterion AS d ON d.set_id = r.set_id AND d.criterion_code = s.criterion_code
LEFT JOIN core.label AS v ON v.list_name = 'scored_by' AND v.value = d.scored_by
WHERE s.year = ? AND r.official_pct IS NULL AND coalesce(s.is_applicable, TRUE) AND s.final_points IS NULL
ORDER BY s.agency_id, coalesce(v.sort_order, 99), d.scored_by
"""
