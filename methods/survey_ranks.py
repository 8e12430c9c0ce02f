"""Rank sets, tiers and shrunk estimates of the satisfaction index of every agency."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from methods.grouped import doubles, matches, nullable, row_codes
from methods.rank_sets import rank_sets
from methods.shrinkage import shrink_means

# The first of these in which every family has at most holm_max_units units.
FAMILIES = {
    "population": ("year", "population", "index_form"),
    "block": ("year", "population", "index_form", "block_code"),
    "district": ("year", "population", "index_form", "block_code", "district_code"),
}


def survey_ranks(units: pa.Table, policies: pa.Table) -> pa.Table:
    """Returns the rank sets of each agency, and its estimate shrunk to its block (methods §3.5, §3.7).

    In: `units`: year, agency_id, population, block_code, district_code, index_form, estimate_pct, se, df (NULL where
    not estimable), may_be_ranked; only rows with an estimate; `policies`: the parameters by year.

    Out: year, agency_id, index_form, rank_family (population, block or district: inside what the agency is ranked;
    NULL without rank), rank_lo, rank_hi (simultaneous), rank_lo_marginal, rank_hi_marginal, tier, is_possible_top_k,
    estimate_eb_pct, se_eb, is_too_few_to_shrink, is_without_difference (tau² 0). A population of more than
    holm_max_units ranked agencies is ranked inside its blocks, or else the districts of them. Raises ValueError where
    these are too large as well.
    """
    policy = matches(("year",), units, policies)
    parameters = {
        name: doubles(policies[name])[policy] for name in ("alpha", "top_k", "n_min_shrink", "holm_max_units")
    }
    score, se, df = (doubles(units[name]) for name in ("estimate_pct", "se", "df"))
    ranked = units["may_be_ranked"].to_numpy() & ~np.isnan(se)
    kind, family = _families(units, ranked, parameters["holm_max_units"])
    found = {name: np.full(len(units), np.nan) for name in ("lo", "hi", "lo_marginal", "hi_marginal", "tier")}
    for rows in _groups(family, ranked):
        sets = rank_sets(score[rows], se[rows], df[rows], float(parameters["alpha"][rows[0]]))
        for name, values in found.items():
            values[rows] = getattr(sets, name)
    estimate, se_eb, too_few, equal = _shrink(units, score, se, parameters["n_min_shrink"])

    def place(name: str) -> pa.Array:
        return pa.array(np.nan_to_num(found[name]).astype(np.int32), pa.int32(), mask=~ranked)

    return pa.table(
        {
            **{name: units[name] for name in ("year", "agency_id", "index_form")},
            "rank_family": pa.array(kind, pa.string(), mask=~ranked),
            "rank_lo": place("lo"),
            "rank_hi": place("hi"),
            "rank_lo_marginal": place("lo_marginal"),
            "rank_hi_marginal": place("hi_marginal"),
            "tier": place("tier"),
            "is_possible_top_k": pa.array(found["lo"] <= parameters["top_k"], pa.bool_(), mask=~ranked),
            "estimate_eb_pct": nullable(estimate),
            "se_eb": nullable(se_eb),
            "is_too_few_to_shrink": pa.array(too_few, pa.bool_()),
            "is_without_difference": pa.array(equal, pa.bool_()),
        }
    )


def _families(units: pa.Table, ranked: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the kind and the code of the family in which each unit is ranked."""
    population = row_codes(FAMILIES["population"], units)[0]
    kind = np.full(len(units), "", dtype=object)
    family = np.full(len(units), -1, dtype=np.int64)
    undecided = ranked.copy()
    for number, (name, keys) in enumerate(FAMILIES.items()):
        code = row_codes(keys, units)[0]
        sizes = np.bincount(code, weights=ranked, minlength=len(units) or 1)
        too_large = np.zeros(len(units) or 1, dtype=bool)
        np.logical_or.at(too_large, population[ranked], sizes[code[ranked]] > most[ranked])
        decided = undecided & ~too_large[population]
        kind[decided], family[decided] = name, code[decided] * len(FAMILIES) + number
        undecided &= ~decided
    if undecided.any():
        row = units.slice(int(np.flatnonzero(undecided)[0]), 1).to_pylist()[0]
        raise ValueError(
            f"more than holm_max_units ({most[undecided][0]:g}) units of {row['population']} in {row['year']} "
            "are ranked in one block and district: raise the parameter, or give the units blocks"
        )
    return kind, family


def _groups(code: np.ndarray, wanted: np.ndarray) -> Iterator[np.ndarray]:
    """Yields the rows of each code, of the rows wanted."""
    rows = np.flatnonzero(wanted)
    rows = rows[np.argsort(code[rows], kind="stable")]
    yield from (part for part in np.split(rows, np.flatnonzero(np.diff(code[rows])) + 1) if len(part))


def _shrink(
    units: pa.Table, score: np.ndarray, se: np.ndarray, fewest: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns estimate and error shrunk within the block, and whether a block is too small or shows no difference."""
    estimate, se_eb = np.full(len(units), np.nan), np.full(len(units), np.nan)
    too_few, equal = np.zeros(len(units), dtype=bool), np.zeros(len(units), dtype=bool)
    block = row_codes(("year", "population", "block_code", "index_form"), units)[0]
    for rows in _groups(block, ~np.isnan(se)):
        if len(rows) < fewest[rows[0]]:
            too_few[rows] = True
            continue
        shrunk = shrink_means(score[rows], se[rows])
        estimate[rows], se_eb[rows] = shrunk.estimate, shrunk.se
        equal[rows] = shrunk.tau2 == 0
    return estimate, se_eb, too_few, equal
