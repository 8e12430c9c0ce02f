"""The satisfaction index of one agency and year with everything that says how to read it, from a publication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reports.database import fetch, open_published
from reports.dossiers.late import NothingToListError
from warehouse.config import Home
from warehouse.publication.staged import DATABASE

# Items far from those of the peers, that the explanation names.
ITEMS_NAMED = 5


@dataclass(frozen=True)
class Figures:
    """Rows of the marts by column: `index` of the agency, `items` furthest below the peers, `factors`, `fieldwork`.

    `peers` names whom the items are compared with.
    """

    index: dict[str, Any]
    peers: str
    items: tuple[dict[str, Any], ...]
    factors: tuple[dict[str, Any], ...]
    fieldwork: tuple[dict[str, Any], ...]


def read_figures(home: Home, agency: str, year: int | None) -> Figures:
    """Reads the official index of an agency. Raises NothingToListError when it was not surveyed in that year."""
    with open_published(home.current / DATABASE) as connection:
        rows = fetch(connection, _INDEX, agency, agency, year, year)
        if not rows:
            known = fetch(connection, _SURVEYED, agency, agency)
            years = ", ".join(str(row["year"]) for row in known) or "none"
            raise NothingToListError(
                f"{agency} has no satisfaction index of {year or 'any year'}; years with one: {years}"
            )
        index = rows[0]
        found = index["agency_id"], index["year"]
        return Figures(
            index=index,
            peers=_peers(index),
            items=tuple(fetch(connection, _ITEMS, *found, ITEMS_NAMED)),
            factors=tuple(fetch(connection, _FACTORS, *found)),
            fieldwork=tuple(fetch(connection, _FIELDWORK, *found)),
        )


def _peers(index: dict[str, Any]) -> str:
    return index["block_name"] or index["population_name"]


_INDEX = """
SELECT i.*, coalesce(a.agency_name, i.agency_id) AS agency_name,
    p.label_vi AS population_name, b.label_vi AS block_name, f.label_vi AS form_name, c.label_vi AS method_name,
    e.label_vi AS estimate_words, r.label_vi AS rank_words, n.label_vi AS reason_words,
    (SELECT count(*) FROM satisfaction.index_by_agency AS o
     WHERE o.year = i.year AND o.population = i.population AND o.index_form = i.index_form
        AND o.score_rank IS NOT NULL) AS n_ranked
FROM satisfaction.index_by_agency AS i
LEFT JOIN core.agency AS a ON a.agency_id = i.agency_id
LEFT JOIN core.label AS p ON p.list_name = 'population' AND p.value = i.population
LEFT JOIN core.label AS b ON b.list_name = 'block_code' AND b.value = i.block_code
LEFT JOIN core.label AS f ON f.list_name = 'index_form' AND f.value = i.index_form
LEFT JOIN core.label AS c ON c.list_name = 'ci_method' AND c.value = i.ci_method
LEFT JOIN core.label AS e ON e.list_name = 'estimate_status' AND e.value = i.estimate_status
LEFT JOIN core.label AS r ON r.list_name = 'rank_status' AND r.value = i.rank_status
LEFT JOIN core.label AS n ON n.list_name = 'comparison_reason' AND n.value = i.comparison_reason
WHERE i.is_official_form AND (i.agency_id = ? OR a.short_name = ?) AND (? IS NULL OR i.year = ?)
ORDER BY i.year DESC LIMIT 1
"""

_SURVEYED = """
SELECT DISTINCT i.year FROM satisfaction.index_by_agency AS i
LEFT JOIN core.agency AS a ON a.agency_id = i.agency_id
WHERE i.is_official_form AND (i.agency_id = ? OR a.short_name = ?) ORDER BY 1
"""

# The same item of the agencies of the same block, or of the population where there is no block.
_ITEMS = """
WITH own AS (
    SELECT d.*, i.block_code, i.population FROM satisfaction.item_distribution AS d
    INNER JOIN satisfaction.index_by_agency AS i
        ON i.is_official_form AND i.agency_id = d.agency_id AND i.year = d.year
    WHERE d.agency_id = ? AND d.year = ? AND d.top2_pct IS NOT NULL
),
peers AS (
    SELECT o.item_code, o.questionnaire_id, o.questionnaire_version, avg(d.top2_pct) AS peer_pct, count(*) AS n_peers
    FROM own AS o
    INNER JOIN satisfaction.index_by_agency AS i
        ON i.is_official_form AND i.year = o.year AND i.agency_id <> o.agency_id AND i.population = o.population
            AND i.block_code IS NOT DISTINCT FROM o.block_code
    INNER JOIN satisfaction.item_distribution AS d
        ON d.agency_id = i.agency_id AND d.year = i.year AND d.item_code = o.item_code
            AND d.questionnaire_id = o.questionnaire_id AND d.questionnaire_version = o.questionnaire_version
    WHERE d.top2_pct IS NOT NULL
    GROUP BY ALL
)
SELECT o.item_code, q.item_text, o.top2_pct, p.peer_pct, o.top2_pct - p.peer_pct AS gap_points, p.n_peers
FROM own AS o
INNER JOIN core.dim_question AS q
    ON q.is_in_index AND q.questionnaire_id = o.questionnaire_id
        AND q.questionnaire_version = o.questionnaire_version AND q.item_code = o.item_code
LEFT JOIN peers AS p
    ON p.item_code = o.item_code AND p.questionnaire_id = o.questionnaire_id
        AND p.questionnaire_version = o.questionnaire_version
WHERE p.peer_pct IS NULL OR o.top2_pct < p.peer_pct
ORDER BY round(gap_points, 9) NULLS LAST, o.top2_pct, o.item_code LIMIT ?
"""

_FACTORS = """
SELECT f.factor_code, coalesce(l.label_vi, f.factor_code) AS factor_name, f.estimate_pct, f.ci_lo, f.ci_hi
FROM satisfaction.index_by_factor AS f
INNER JOIN satisfaction.index_by_agency AS i
    ON i.is_official_form AND i.year = f.year AND i.agency_id = f.agency_id AND i.index_form = f.index_form
LEFT JOIN core.label AS l ON l.list_name = 'factor_code' AND l.value = f.factor_code
WHERE f.agency_id = ? AND f.year = ? AND f.estimate_pct IS NOT NULL
ORDER BY f.estimate_pct, f.factor_code
"""

_FIELDWORK = """
SELECT questionnaire_id, questionnaire_version, n_planned, n_issued, n_collected, n_valid, n_volunteer, all_top_pct,
    cronbach_alpha, investigator_icc
FROM satisfaction.fieldwork WHERE agency_id = ? AND year = ? ORDER BY 1, 2
"""
