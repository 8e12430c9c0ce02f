"""The league of every criteria set and year as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from methods.composite.league import League, Standing, judge
from methods.composite.ratings import rating_status
from methods.composite.rules import official
from methods.composite.scores import Scores
from methods.composite.weights import DRAWS, RankSpread, importance
from methods.grouped import encode

_UNIT = {"year": pa.int64(), "agency_id": pa.string()}
_SCHEMAS = {
    "composite": _UNIT
    | {
        **dict.fromkeys(
            ("adjusted_pct", "difficulty_offset_points", "beside_points", "se_excl", "se", "ci_lo", "ci_hi"),
            pa.float64(),
        ),
        **dict.fromkeys(
            (
                *("rank_lo", "rank_hi", "group_rank_lo", "group_rank_hi", "adjusted_rank", "rule_min_rank"),
                *("rule_max_rank", "variant_min_rank", "variant_max_rank", "p05_rank", "p95_rank"),
            ),
            pa.int64(),
        ),
        **dict.fromkeys(("p_first", "p_top3", "p_rating"), pa.float64()),
        "rating_status": pa.string(),
        "is_connected": pa.bool_(),
        "is_separated": pa.bool_(),
    },
    "index_by_rule": _UNIT
    | {"rule": pa.string(), "index_value": pa.float64(), "overall_rank": pa.int64(), "group_rank": pa.int64()},
    "weight_sensitivity": _UNIT
    | {"scenario": pa.string()}
    | dict.fromkeys(("best_rank", "worst_rank", "p05_rank", "p50_rank", "p95_rank"), pa.int64())
    | dict.fromkeys(("p_first", "p_top3", "sd_points"), pa.float64()),
    "pairwise": _UNIT
    | {"other_agency_id": pa.string(), "n_common_criteria": pa.int64()}
    | dict.fromkeys(("common_max_points", "diff_points"), pa.float64())
    | {"verdict_status": pa.string()},
    "contributions": _UNIT | {"criterion_code": pa.string(), "contribution_points": pa.float64()},
    "criterion_importance": {"year": pa.int64(), "set_id": pa.string(), "criterion_code": pa.string()}
    | dict.fromkeys(("weight_pct", "importance_ratio", "mean_rank_shift"), pa.float64())
    | {"largest_rank_shift": pa.int64()},
}
TABLES = tuple(_SCHEMAS)
_RANKS = ("_rank", "rank_lo", "rank_hi")
_VERDICTS = np.array(["lower", "cannot_tell", "higher"])


@dataclass(frozen=True)
class _Set:
    """One criteria set in one year: its scores and standing, with the names of units and criteria."""

    year: int
    set_id: str
    agencies: pa.Array
    criteria: pa.Array
    scores: Scores
    standing: Standing


def composite(cells: pa.Table, alpha: float, draws: int = DRAWS) -> tuple[pa.Table, ...]:
    """Returns the tables of `TABLES` from the cells of all sets and years (methods §5).

    In, one row per year, agency and criterion without bonus and penalty criteria, in any order: year, set_id,
    agency_id, cchc_group, area_code, criterion_code, max_points, final_points (NULL while pending), is_applicable; and
    repeated for every agency official_pct, is_ranked, is_ranked_overall, survey_se (NULL: not known), floor_pct and
    next_floor_pct of its rating. An agency has every criterion of its set. Out: ranks, indices and probabilities by
    agency, NULL where there is none.
    """
    parts: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
    for one in _sets(cells):
        league = judge(one.scores, one.standing, alpha, draws)
        for name, rows in _tables(one, league):
            schema = pa.schema(_SCHEMAS[name].items())
            parts[name].append(pa.table({field.name: _column(field, rows[field.name]) for field in schema}))
    return tuple(
        pa.concat_tables(found) if found else pa.schema(_SCHEMAS[name].items()).empty_table()
        for name, found in parts.items()
    )


def _sets(cells: pa.Table) -> Iterator[_Set]:
    cells = cells.sort_by([(name, "ascending") for name in ("year", "set_id", "agency_id", "criterion_code")])
    keys = (
        cells.select(["year", "set_id"]).group_by(["year", "set_id"], use_threads=False).aggregate([([], "count_all")])
    )
    start = 0
    for key in keys.to_pylist():
        part = cells.slice(start, key["count_all"])
        start += key["count_all"]
        yield _set_of(key["year"], key["set_id"], part)


def _set_of(year: int, set_id: str, part: pa.Table) -> _Set:
    unit, agencies = encode(part["agency_id"])
    criterion, criteria = encode(part["criterion_code"])
    area, _ = encode(part["area_code"])
    group, _ = encode(part["cchc_group"])
    shape = (len(agencies), len(criteria))
    if part.num_rows != shape[0] * shape[1]:
        raise ValueError("an agency has every criterion of its set once")

    def by_unit(name: str) -> np.ndarray:
        values = np.full(len(agencies), np.nan)
        values[unit] = _floats(part[name])
        return values

    maximum = np.empty(len(criteria))
    maximum[criterion] = _floats(part["max_points"])
    share = np.full(shape, np.nan)
    share[unit, criterion] = _floats(part["final_points"]) / maximum[criterion]
    applies = np.zeros(shape, dtype=bool)
    applies[unit, criterion] = part["is_applicable"].to_numpy()
    index = by_unit("official_pct")
    scores = Scores(
        weight=maximum,
        area=_last(area, criterion, len(criteria)),
        group=_last(group, unit, len(agencies)),
        applies=applies,
        share=np.where(applies, share, np.nan),
        beside_points=np.zeros(len(agencies)),
    )
    beside = index - official(scores)
    standing = Standing(
        official=index,
        is_ranked=by_unit("is_ranked") == 1,
        is_overall=bool(np.any(by_unit("is_ranked_overall") == 1)),
        survey_se=by_unit("survey_se"),
        floor=by_unit("floor_pct"),
        next_floor=by_unit("next_floor_pct"),
    )
    beside = np.where(np.abs(beside) < 1e-9, 0.0, np.nan_to_num(beside))
    return _Set(year, set_id, agencies, criteria, _with_bonus(scores, beside), standing)


def _with_bonus(scores: Scores, beside: np.ndarray) -> Scores:
    return Scores(scores.weight, scores.area, scores.group, scores.applies, scores.share, beside)


def _tables(one: _Set, league: League) -> Iterator[tuple[str, dict[str, np.ndarray | pa.Array]]]:
    n_units, n_criteria = one.scores.share.shape
    unit = {"year": np.full(n_units, one.year), "agency_id": one.agencies}
    adjusted = league.overall_ranks if one.standing.is_overall else league.group_ranks
    spread = league.spreads["dirichlet_50"]
    yield (
        "composite",
        {
            **unit,
            "adjusted_pct": league.fit.adjusted,
            "difficulty_offset_points": league.fit.offset_points,
            "beside_points": np.where(one.scores.is_complete, one.scores.beside_points, np.nan),
            "se_excl": league.fit.se_points,
            "se": league.se,
            "ci_lo": league.interval[0],
            "ci_hi": league.interval[1],
            "rank_lo": league.overall_set[0],
            "rank_hi": league.overall_set[1],
            "group_rank_lo": league.group_set[0],
            "group_rank_hi": league.group_set[1],
            "adjusted_rank": adjusted["difficulty_adjusted"],
            "rule_min_rank": league.rule_range[0],
            "rule_max_rank": league.rule_range[1],
            "variant_min_rank": league.variant_range[0],
            "variant_max_rank": league.variant_range[1],
            "p05_rank": spread.p05,
            "p95_rank": spread.p95,
            "p_first": spread.p_first,
            "p_top3": spread.p_top3,
            "p_rating": np.where(np.isnan(one.standing.floor), np.nan, league.p_rating),
            "rating_status": pa.array(rating_status(league.p_rating), pa.string(), mask=np.isnan(one.standing.floor)),
            "is_connected": np.full(n_units, league.fit.is_estimable),
            "is_separated": np.full(n_units, league.is_separated),
        },
    )
    for rule, index in league.rules.items():
        ranks = {"overall_rank": league.overall_ranks[rule], "group_rank": league.group_ranks[rule]}
        yield "index_by_rule", {**unit, "rule": np.full(n_units, rule), "index_value": index, **ranks}
    ranked = np.flatnonzero(league.spreads["box"].worst > 0)
    for scenario, found in league.spreads.items():
        yield "weight_sensitivity", _spread(one, scenario, found, ranked)
    for pairs in league.pairs:
        yield (
            "pairwise",
            {
                "year": np.full(len(pairs.unit), one.year),
                "agency_id": one.agencies.take(pairs.unit),
                "other_agency_id": one.agencies.take(pairs.other),
                "n_common_criteria": pairs.n_common,
                "common_max_points": pairs.common_max,
                "diff_points": pairs.diff_points,
                "verdict_status": _VERDICTS[pairs.verdict + 1],
            },
        )
    rows, columns = np.nonzero(~np.isnan(league.contributions))
    yield (
        "contributions",
        {
            "year": np.full(len(rows), one.year),
            "agency_id": one.agencies.take(rows),
            "criterion_code": one.criteria.take(columns),
            "contribution_points": league.contributions[rows, columns],
        },
    )
    yield (
        "criterion_importance",
        {
            "year": np.full(n_criteria, one.year),
            "set_id": np.full(n_criteria, one.set_id),
            "criterion_code": one.criteria,
            "weight_pct": 100 * one.scores.weight / one.scores.total,
            "importance_ratio": importance(one.scores),
            "mean_rank_shift": league.shifts[0],
            "largest_rank_shift": league.shifts[1],
        },
    )


def _spread(one: _Set, scenario: str, found: RankSpread, members: np.ndarray) -> dict[str, np.ndarray | pa.Array]:
    n = len(members)

    def part(values: np.ndarray | None, missing: float) -> np.ndarray:
        return np.full(n, missing) if values is None else values[members]

    return {
        "year": np.full(n, one.year),
        "agency_id": one.agencies.take(members),
        "scenario": np.full(n, scenario),
        "best_rank": found.best[members],
        "worst_rank": found.worst[members],
        **{f"{name}_rank": part(getattr(found, name), 0) for name in ("p05", "p50", "p95")},
        **{name: part(getattr(found, name), np.nan) for name in ("p_first", "p_top3", "sd_points")},
    }


def _column(field: pa.Field, values: np.ndarray | pa.Array) -> pa.Array:
    """Returns a column in which a NaN, and a rank of 0, is NULL."""
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_float64(field.type):
        return pa.array(values, field.type, mask=np.isnan(values))
    if field.name.endswith(_RANKS):
        return pa.array(values, field.type, mask=values == 0)
    return pa.array(values, field.type)


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)


def _last(values: np.ndarray, position: np.ndarray, n: int) -> np.ndarray:
    result = np.zeros(n, dtype=np.int64)
    result[position] = values
    return result
