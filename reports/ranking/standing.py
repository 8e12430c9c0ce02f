"""Reads everything that is published about one agency's CCHC index of one year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from reports.database import fetch, open_published
from reports.dossiers.late import NothingToListError
from warehouse.config import Home
from warehouse.publication.staged import DATABASE

Row = dict[str, Any]


class NothingToExplainError(NothingToListError):
    """The publication has no such agency, or the agency is in no ranking."""


@dataclass(frozen=True)
class Standing:
    """One agency and year: its row of `cchc.ranking` with labels, and its rows of the tables beside it."""

    ranking: Row
    criteria: list[Row]
    areas: list[Row]
    rules: list[Row]
    scenarios: dict[str, Row]
    gap: Row | None
    whatif: list[Row]
    awards: list[Row]
    verdicts: Row

    @property
    def is_overall(self) -> bool:
        """Whether agencies are ranked over all groups."""
        return self.ranking["overall_rank"] is not None

    @property
    def rank(self) -> int | None:
        """The rank in the family: overall where there is one, else in the group."""
        return self.ranking["overall_rank"] if self.is_overall else self.ranking["group_rank"]


def read_standing(home: Home, agency_id: str, year: int | None) -> Standing:
    """Reads the standing of an agency in a year, the latest one without `year`.

    Raises NothingToExplainError for an agency that is not ranked in the year, duckdb.Error without a publication.
    """
    with open_published(home.current / DATABASE) as connection:
        found = fetch(connection, _RANKING, agency_id, year, year)
        if not found:
            raise NothingToExplainError(
                f"{agency_id}"
                + (f" in {year}" if year else "")
                + ": no such agency in cchc.ranking; see agency_id there"
            )
        return _read(connection, found[0])


def list_agencies(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Returns agency_id and short_name of every agency of the latest year with an index, by group and rank."""
    return fetch(connection, _AGENCIES)


def read_agency(connection: duckdb.DuckDBPyConnection, agency_id: str) -> Standing:
    """Reads the latest standing of an agency from an open publication."""
    return _read(connection, fetch(connection, _RANKING, agency_id, None, None)[0])


def _read(connection: duckdb.DuckDBPyConnection, ranking: Row) -> Standing:
    key = (ranking["year"], ranking["agency_id"])
    scenarios = fetch(connection, "SELECT * FROM cchc.weight_sensitivity WHERE year = ? AND agency_id = ?", *key)
    gaps = fetch(connection, "SELECT * FROM cchc.self_assessment_gap WHERE year = ? AND agency_id = ?", *key)
    (verdicts,) = fetch(connection, _VERDICTS, *key)
    return Standing(
        ranking=ranking,
        criteria=fetch(connection, _CRITERIA, *key),
        areas=fetch(connection, _AREAS, ranking["set_id"], *key),
        rules=fetch(connection, _RULES, *key),
        scenarios={row["scenario"]: row for row in scenarios},
        gap=gaps[0] if gaps else None,
        whatif=fetch(connection, _WHATIF, *key),
        awards=fetch(connection, _AWARDS, *key),
        verdicts=verdicts,
    )


_RANKING = """
SELECT r.*, coalesce(a.agency_name, r.agency_id) AS name, coalesce(a.short_name, r.agency_id) AS short_name,
    coalesce(g.label_vi, r.cchc_group) AS group_label, coalesce(v.label_vi, r.rating) AS rating_label,
    coalesce(w.label_vi, r.adjusted_rating) AS adjusted_rating_label, s.label_vi AS rating_status_label,
    c.label_vi AS comparison_label, x.label_vi AS comparison_reason_label, e.label_vi AS estimate_status_label,
    p.n_group, p.n_all, p.adjusted_mean
FROM cchc.ranking AS r
INNER JOIN (
    SELECT year, agency_id, count(group_rank) OVER (PARTITION BY year, cchc_group) AS n_group,
        count(overall_rank) OVER (PARTITION BY year, set_id) AS n_all,
        avg(adjusted_pct) OVER (PARTITION BY year, cchc_group) AS adjusted_mean
    FROM cchc.ranking
) AS p USING (year, agency_id)
LEFT JOIN core.agency AS a USING (agency_id)
LEFT JOIN core.label AS g ON g.list_name = 'cchc_group' AND g.value = r.cchc_group
LEFT JOIN core.label AS v ON v.list_name = 'rating' AND v.value = r.rating
LEFT JOIN core.label AS w ON w.list_name = 'rating' AND w.value = r.adjusted_rating
LEFT JOIN core.label AS s ON s.list_name = 'rating_status' AND s.value = r.rating_status
LEFT JOIN core.label AS c ON c.list_name = 'comparison_status' AND c.value = r.comparison_status
LEFT JOIN core.label AS x ON x.list_name = 'comparison_reason' AND x.value = r.comparison_reason
LEFT JOIN core.label AS e ON e.list_name = 'estimate_status' AND e.value = r.estimate_status
WHERE lower(r.agency_id) = lower(?) AND (? IS NULL OR r.year = ?)
ORDER BY r.official_pct IS NULL, r.year DESC LIMIT 1
"""

_CRITERIA = """
SELECT s.*, d.criterion_name, d.area_code, d.scored_by, b.label_vi AS scored_by_label, k.label_vi AS kind_label,
    x.label_vi AS reason_label, v.label_vi AS evidence_label
FROM cchc.criterion_scores AS s
INNER JOIN cchc.ranking AS r USING (year, agency_id)
LEFT JOIN core.dim_criterion AS d ON d.set_id = r.set_id AND d.criterion_code = s.criterion_code
LEFT JOIN core.label AS b ON b.list_name = 'scored_by' AND b.value = d.scored_by
LEFT JOIN core.label AS k ON k.list_name = 'criterion_kind' AND k.value = s.kind
LEFT JOIN core.label AS x ON x.list_name = 'exclusion_reason' AND x.value = s.exclusion_reason
LEFT JOIN core.label AS v ON v.list_name = 'evidence_status' AND v.value = s.evidence_status
WHERE s.year = ? AND s.agency_id = ?
ORDER BY s.criterion_code
"""

_AREAS = """
SELECT s.*, n.area_name
FROM cchc.area_scores AS s
LEFT JOIN (
    SELECT area_code, any_value(area_name) AS area_name FROM core.dim_criterion WHERE set_id = ? GROUP BY area_code
) AS n USING (area_code)
WHERE s.year = ? AND s.agency_id = ?
ORDER BY s.area_code
"""

_RULES = """
SELECT i.*, coalesce(l.label_vi, i.rule) AS rule_label
FROM cchc.index_by_rule AS i
LEFT JOIN core.label AS l ON l.list_name = 'composite_rule' AND l.value = i.rule
WHERE i.year = ? AND i.agency_id = ?
ORDER BY coalesce(l.sort_order, 99), i.rule
"""

_WHATIF = """
SELECT w.*, s.set_name
FROM cchc.criteria_set_whatif AS w
LEFT JOIN (SELECT set_id, any_value(set_name) AS set_name FROM core.criteria_set GROUP BY set_id) AS s USING (set_id)
WHERE w.year = ? AND w.agency_id = ?
ORDER BY w.set_id
"""

_AWARDS = """
SELECT w.*, l.label_vi AS kind_label FROM cchc.awards AS w
LEFT JOIN core.label AS l ON l.list_name = 'award_kind' AND l.value = w.award_kind
WHERE w.year = ? AND w.agency_id = ? ORDER BY w.award_kind, w.decision_number
"""

_VERDICTS = """
SELECT count(*) AS n, count(*) FILTER (WHERE verdict_status = 'higher') AS n_higher,
    count(*) FILTER (WHERE verdict_status = 'lower') AS n_lower,
    count(*) FILTER (WHERE verdict_status = 'cannot_tell') AS n_cannot_tell
FROM cchc.pairwise WHERE year = ? AND agency_id = ?
"""

_AGENCIES = """
SELECT r.agency_id, coalesce(a.short_name, r.agency_id) AS short_name
FROM cchc.ranking AS r LEFT JOIN core.agency AS a USING (agency_id)
WHERE r.year = (SELECT max(year) FROM cchc.ranking WHERE official_pct IS NOT NULL)
ORDER BY r.cchc_group, r.group_rank NULLS LAST, r.agency_id
"""
