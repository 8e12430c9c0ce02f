"""How sure the satisfaction figures are: intervals, rank sets, tiers, tested changes, and the answers by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from reports.database import fetch
from reports.format import format_count_vi, format_decimal_vi, format_percent_vi, format_signed_vi
from reports.page.dots import DotRow, Scale, fit_scale

# A longer league table is one of names nobody reads; its units are in the published tables.
LONGEST_LEAGUE = 60
# Small units shown with their raw and shrunk index: those that move the most.
MOVED_SHOWN = 12


@dataclass(frozen=True)
class Standing:
    """One ranked unit: its index with interval (per cent), rank with set, tier, and tested change."""

    name: str
    estimate_pct: float
    ci_lo: float
    ci_hi: float
    score_rank: int
    rank_lo: int
    rank_hi: int
    tier: int
    n_valid: int


@dataclass(frozen=True)
class Change:
    """Change of one block or unit from the year before, and whether it is more than chance (improved, declined)."""

    name: str
    estimate_pct: float
    previous_pct: float
    diff_points: float
    p_holm: float | None
    status: str

    @property
    def is_clear(self) -> bool:
        """Whether the change holds after Holm."""
        return self.status in ("improved", "declined")


@dataclass(frozen=True)
class Item:
    """Answers to one item over all units that show it, by level 1 to 5, and those without an answer."""

    code: str
    wording: str
    counts: tuple[int, int, int, int, int]
    n_missing: int


@dataclass(frozen=True)
class Moved:
    """A small unit: raw and shrunk index in per cent."""

    name: str
    estimate_pct: float
    shrunk_pct: float
    n_valid: int


@dataclass(frozen=True)
class Certainty:
    """Everything of one survey year; each part may be empty."""

    year: int
    population_name: str
    standings: tuple[Standing, ...]
    blocks: tuple[Change, ...]
    units: tuple[Change, ...]
    items: tuple[Item, ...]
    moved: tuple[Moved, ...]


def read_certainty(connection: duckdb.DuckDBPyConnection) -> Certainty | None:
    """Reads the latest survey year with an interval; None when there is none. Raises duckdb.Error."""
    (latest,) = fetch(connection, _LATEST)
    year = latest["year"]
    if year is None:
        return None
    populations = fetch(connection, _POPULATIONS, year, LONGEST_LEAGUE)
    shown = populations[0] if populations else {"population": None, "name": ""}
    items = fetch(connection, _ITEMS, year, shown["population"])
    return Certainty(
        year=year,
        population_name=str(shown["name"]),
        standings=tuple(Standing(**row) for row in fetch(connection, _STANDINGS, year, shown["population"])),
        blocks=tuple(Change(**row) for row in fetch(connection, _BLOCKS, year)),
        units=tuple(Change(**row) for row in fetch(connection, _CHANGES, year, shown["population"])),
        items=tuple(
            Item(row["code"], row["wording"], tuple(row[f"n_{level}"] for level in range(1, 6)), row["n_missing"])
            for row in items
        ),
        moved=tuple(Moved(**row) for row in fetch(connection, _MOVED, year, MOVED_SHOWN)),
    )


def describe_first(certainty: Certainty) -> str:
    """Counts the units that cannot be told apart from the first."""
    standings = certainty.standings
    alike = sum(one.tier == 1 for one in standings) - 1
    if alike <= 0:
        return f"{standings[0].name} đứng đầu và khác rõ với mọi đơn vị còn lại."
    return (
        f"{format_count_vi(alike)} trong {format_count_vi(len(standings))} đơn vị không thể phân biệt với đơn vị đứng "
        f"đầu ({standings[0].name}): chênh lệch nằm trong sai số chọn mẫu."
    )


def describe_ranks(standings: Sequence[Standing]) -> str:
    """States how wide the rank sets are."""
    widths = sorted(one.rank_hi - one.rank_lo + 1 for one in standings)
    certain = sum(width == 1 for width in widths)
    return (
        f"Xét sai số chọn mẫu, một nửa số đơn vị có thể đứng ở {format_count_vi(widths[len(widths) // 2])} hạng khác "
        f"nhau hoặc hơn; {format_count_vi(certain)} đơn vị có hạng chắc chắn."
    )


def describe_verdict(changes: Sequence[Change], what: str) -> str:
    """Compares the signs of the changes with what holds after the test."""
    up = sum(one.diff_points > 0 for one in changes)
    down = sum(one.diff_points < 0 for one in changes)
    better = sum(one.status == "improved" for one in changes)
    worse = sum(one.status == "declined" for one in changes)
    open_ = len(changes) - better - worse
    return (
        f"Theo con số, {up} {what} tăng và {down} {what} giảm; sau kiểm định (hiệu chỉnh Holm), {better} {what} "
        f"tăng rõ, {worse} {what} giảm rõ, {open_} {what} chưa thể kết luận."
    )


def describe_items(items: Sequence[Item]) -> str:
    """Names the item with the largest share of unsatisfied answers."""
    worst = max(items, key=lambda item: _share(item, (0, 1)))
    share = format_percent_vi(100 * _share(worst, (0, 1)), 1)
    return f"Câu hỏi bị đánh giá thấp nhất: {worst.wording} ({share} không hài lòng hoặc rất không hài lòng)."


def describe_moved(moved: Sequence[Moved]) -> str:
    """States what shrinkage does to units with few forms."""
    first = moved[0]
    return (
        f"Đơn vị ít phiếu dễ cao hoặc thấp do ngẫu nhiên; khi tính đến số phiếu, {first.name} từ "
        f"{format_percent_vi(first.estimate_pct, 1)} còn {format_percent_vi(first.shrunk_pct, 1)}."
    )


def standing_rows(standings: Sequence[Standing]) -> list[DotRow]:
    """Returns one row per unit: the index on its interval; every second tier is shaded."""
    return [
        DotRow(
            one.name,
            one.estimate_pct,
            span=(one.ci_lo, one.ci_hi),
            figure=format_percent_vi(one.estimate_pct, 1),
            aside=f"{format_decimal_vi(one.ci_lo, 1)}–{format_decimal_vi(one.ci_hi, 1)}",
            is_shaded=one.tier % 2 == 1,
        )
        for one in standings
    ]


def standing_scale(standings: Sequence[Standing]) -> Scale:
    """Returns an axis that covers every interval."""
    return fit_scale(end for one in standings for end in (one.ci_lo, one.ci_hi))


def rank_rows(standings: Sequence[Standing]) -> list[DotRow]:
    """Returns one row per unit: its rank on the set of ranks that it may have."""
    return [
        DotRow(
            one.name,
            one.score_rank,
            span=(one.rank_lo, one.rank_hi),
            figure=format_count_vi(one.score_rank),
            aside=f"{one.rank_lo}–{one.rank_hi}",
            is_shaded=one.tier % 2 == 1,
        )
        for one in standings
    ]


def rank_scale(standings: Sequence[Standing]) -> Scale:
    """Returns an axis from rank 0 to the tens above the last one."""
    return Scale(0, 10 * -(-max(one.rank_hi for one in standings) // 10), unit="")


def change_rows(changes: Sequence[Change]) -> list[DotRow]:
    """Returns one dumbbell per block or unit: this year's end filled only where the change holds after Holm."""
    return [
        DotRow(
            one.name,
            one.estimate_pct,
            one.previous_pct,
            figure=format_percent_vi(one.estimate_pct, 1),
            aside=f"{format_signed_vi(one.diff_points, 2)}" + ("" if one.is_clear else " (chưa rõ)"),
            is_open=not one.is_clear,
        )
        for one in changes
    ]


def moved_rows(moved: Sequence[Moved]) -> list[DotRow]:
    """Returns one row per small unit: from the raw index (hollow) to the shrunk one (filled)."""
    return [
        DotRow(
            one.name,
            one.shrunk_pct,
            one.estimate_pct,
            figure=format_percent_vi(one.shrunk_pct, 1),
            aside=f"n = {format_count_vi(one.n_valid)}",
        )
        for one in moved
    ]


def _share(item: Item, levels: Sequence[int]) -> float:
    return sum(item.counts[level] for level in levels) / sum(item.counts)


_LATEST = "SELECT max(year) AS year FROM satisfaction.index_by_agency WHERE is_official_form AND ci_lo IS NOT NULL"

_POPULATIONS = """
SELECT i.population, coalesce(any_value(v.label_vi), i.population) AS name
FROM satisfaction.index_by_agency AS i
LEFT JOIN core.label AS v ON v.list_name = 'population' AND v.value = i.population
WHERE i.is_official_form AND i.year = ? AND i.score_rank IS NOT NULL
GROUP BY i.population
HAVING count(*) BETWEEN 2 AND ?
ORDER BY coalesce(any_value(v.sort_order), 99), i.population
"""

_STANDINGS = """
SELECT coalesce(a.short_name, a.agency_name, i.agency_id) AS name, i.estimate_pct, i.ci_lo, i.ci_hi, i.score_rank,
    i.rank_lo, i.rank_hi, i.tier, i.n_valid
FROM satisfaction.index_by_agency AS i
LEFT JOIN core.agency AS a ON a.agency_id = i.agency_id
WHERE i.is_official_form AND i.year = ? AND i.population = ? AND i.score_rank IS NOT NULL AND i.rank_lo IS NOT NULL
ORDER BY i.score_rank, i.agency_id
"""

_BLOCKS = """
SELECT coalesce(v.label_vi, b.block_code) AS name, b.estimate_pct, b.previous_estimate_pct AS previous_pct,
    b.diff_points, b.p_holm, b.comparison_status AS status
FROM satisfaction.index_by_block AS b
LEFT JOIN core.label AS v ON v.list_name = 'block_code' AND v.value = b.block_code
WHERE b.is_official_form AND b.year = ? AND b.diff_points IS NOT NULL
ORDER BY b.estimate_pct DESC, b.block_code
"""

_CHANGES = """
SELECT coalesce(a.short_name, a.agency_name, i.agency_id) AS name, i.estimate_pct,
    i.previous_estimate_pct AS previous_pct, i.diff_points, i.p_holm, i.comparison_status AS status
FROM satisfaction.index_by_agency AS i
LEFT JOIN core.agency AS a ON a.agency_id = i.agency_id
WHERE i.is_official_form AND i.year = ? AND i.population = ? AND i.diff_points IS NOT NULL
ORDER BY i.diff_points DESC, i.agency_id
"""

# Only scales of 1 to 5: an item of another scale has no counts.
_ITEMS = """
SELECT d.item_code AS code, any_value(q.item_text) AS wording,
    CAST(sum(d.n_1) AS BIGINT) AS n_1, CAST(sum(d.n_2) AS BIGINT) AS n_2, CAST(sum(d.n_3) AS BIGINT) AS n_3,
    CAST(sum(d.n_4) AS BIGINT) AS n_4, CAST(sum(d.n_5) AS BIGINT) AS n_5,
    CAST(sum(d.n_dont_know + d.n_not_used + d.n_blank + d.n_invalid) AS BIGINT) AS n_missing
FROM satisfaction.item_distribution AS d
INNER JOIN satisfaction.index_by_agency AS i
    ON i.is_official_form AND i.year = d.year AND i.agency_id = d.agency_id
INNER JOIN core.dim_question AS q
    ON q.is_in_index AND q.questionnaire_id = d.questionnaire_id
        AND q.questionnaire_version = d.questionnaire_version AND q.item_code = d.item_code
WHERE d.year = ? AND i.population = ? AND d.top2_pct IS NOT NULL AND d.n_1 IS NOT NULL
GROUP BY d.questionnaire_id, d.questionnaire_version, d.item_code
ORDER BY d.questionnaire_id, d.questionnaire_version, d.item_code
"""

_MOVED = """
SELECT coalesce(a.agency_name, i.agency_id)
        || CASE WHEN p.short_name IS NOT NULL THEN ' – ' || p.short_name ELSE '' END AS name,
    i.estimate_pct, i.estimate_eb_pct AS shrunk_pct, i.n_valid
FROM satisfaction.index_by_agency AS i
LEFT JOIN core.agency AS a ON a.agency_id = i.agency_id
LEFT JOIN core.agency AS p ON p.agency_id = a.parent_agency_id
WHERE i.is_official_form AND i.year = ? AND i.population IN ('communes', 'health_stations')
    AND i.estimate_eb_pct IS NOT NULL
ORDER BY abs(i.estimate_eb_pct - i.estimate_pct) DESC, i.agency_id LIMIT ?
"""
