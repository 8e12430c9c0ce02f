"""How much of a ranking survives the choice of the rule and the errors: a sentence that can be printed."""

from __future__ import annotations

import duckdb

from reports.database import fetch
from reports.format import format_count_vi, format_percent_vi


def describe_survival(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Returns the sentence about the latest year with an index; None where no two agencies are ranked together.

    Pairs are of agencies that are ranked together: of one set where there is an overall rank, else of one group. A
    pair survives the rules if its order is the same under all of `rule_min_rank`, and the errors if its rank sets have
    no rank in common.
    """
    (row,) = fetch(connection, _PAIRS)
    if not row["n"]:
        return None
    kept, both = (
        f"{format_count_vi(row[name])} cặp ({format_percent_vi(100 * row[name] / row['n'], 0)})" for name in _KEPT
    )
    return (
        f"Chỉ số CCHC năm {row['year']}: trong {format_count_vi(row['n'])} cặp cơ quan được xếp hạng cùng nhau, {kept} "
        f"giữ nguyên thứ tự dù chọn quy tắc tổng hợp nào; {both} vừa giữ nguyên thứ tự vừa có khoảng thứ hạng không "
        "giao nhau."
    )


_KEPT = ("n_same", "n_same_and_apart")

_PAIRS = """
WITH latest AS (SELECT max(year) AS year FROM cchc.ranking WHERE official_pct IS NOT NULL),

ranked AS (
    SELECT r.year, r.agency_id, r.set_id,
        CASE WHEN r.overall_rank IS NULL THEN r.cchc_group END AS family,
        coalesce(r.rank_lo, r.group_rank_lo) AS lo, coalesce(r.rank_hi, r.group_rank_hi) AS hi
    FROM cchc.ranking AS r INNER JOIN latest USING (year)
    WHERE r.group_rank IS NOT NULL
),

placed AS (
    SELECT k.*, i.rule, CASE WHEN k.family IS NULL THEN i.overall_rank ELSE i.group_rank END AS place
    FROM ranked AS k INNER JOIN cchc.index_by_rule AS i USING (year, agency_id)
    WHERE i.rule NOT IN ('hierarchical', 'geometric')
),

pairs AS (
    SELECT a.agency_id, b.agency_id AS other_id, max(sign(a.place - b.place)) AS most,
        min(sign(a.place - b.place)) AS least, bool_or(a.hi < b.lo OR b.hi < a.lo) AS is_apart
    FROM placed AS a
    INNER JOIN placed AS b
        ON a.rule = b.rule AND a.set_id = b.set_id AND a.family IS NOT DISTINCT FROM b.family
        AND a.agency_id < b.agency_id
    WHERE a.place IS NOT NULL AND b.place IS NOT NULL
    GROUP BY a.agency_id, b.agency_id
)

SELECT (SELECT year FROM latest) AS year, count(*) AS n,
    count(*) FILTER (WHERE most = least AND most <> 0) AS n_same,
    count(*) FILTER (WHERE most = least AND most <> 0 AND is_apart) AS n_same_and_apart
FROM pairs
"""
