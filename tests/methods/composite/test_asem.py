"""The composite of COINr's example: 49 indicators, 8 pillars, 2 sub-indices (methods §5)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from methods.composite.ranks import competition_ranks
from methods.composite.rules import geometric, hierarchical, official
from methods.composite.scores import scores_of

ASEM = Path(__file__).parents[2] / "oracles" / "asem"


def read(name: str) -> list[dict[str, str]]:
    with (ASEM / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def matrix(rows: list[dict[str, str]], codes: list[str]) -> np.ndarray:
    return np.array([[float(row[code]) for code in codes] for row in rows])


NORMALISED, AGGREGATED = read("stage_Normalised"), read("stage_Aggregated")
FRAMEWORK = {row["code"]: row for row in read("framework")}
LEVEL = {level: [code for code, row in FRAMEWORK.items() if row["level"] == level] for level in "1234"}


def weights(codes: list[str], of: dict[str, float]) -> np.ndarray:
    """Weights that add up to the weight of the parent, so that areas weigh as the framework says."""
    own = np.array([float(FRAMEWORK[code]["weight"]) for code in codes])
    parent = [FRAMEWORK[code]["parent"] for code in codes]
    sums = {name: own[[name == other for other in parent]].sum() for name in parent}
    return np.array([value / sums[name] * of[name] for value, name in zip(own, parent, strict=True)])


SUB_INDEX = dict(zip(LEVEL["3"], weights(LEVEL["3"], {"Index": 1.0}), strict=True))
PILLAR = dict(zip(LEVEL["2"], weights(LEVEL["2"], SUB_INDEX), strict=True))
INDICATOR = weights(LEVEL["1"], PILLAR)
UNITS = [row["uCode"] for row in AGGREGATED]


def areas(codes: list[str], of: list[str]) -> np.ndarray:
    return np.array([of.index(FRAMEWORK[code]["parent"]) for code in codes])


def test_units_are_the_same_in_all_stages():
    assert [row["uCode"] for row in NORMALISED] == UNITS
    assert (len(UNITS), len(LEVEL["1"]), len(LEVEL["2"])) == (51, 49, 8)


@pytest.mark.parametrize("pillar", LEVEL["2"])
def test_a_pillar_is_the_ratio_of_its_indicators(pillar):
    codes = [code for code in LEVEL["1"] if FRAMEWORK[code]["parent"] == pillar]
    found = official(scores_of(np.ones(len(codes)), matrix(NORMALISED, codes) / 100))
    assert found == pytest.approx(matrix(AGGREGATED, [pillar])[:, 0], rel=1e-9)


@pytest.mark.parametrize("rule", [official, hierarchical])
def test_the_index_from_the_indicators(rule):
    scores = scores_of(INDICATOR, matrix(NORMALISED, LEVEL["1"]) / 100, area=areas(LEVEL["1"], LEVEL["2"]))
    assert rule(scores) == pytest.approx(matrix(AGGREGATED, ["Index"])[:, 0], rel=1e-9)


def test_the_geometric_mean_of_the_sub_indices():
    rows = {row["uCode"]: row for row in read("results_geomean_top")}
    scores = scores_of(np.ones(2), matrix(AGGREGATED, ["Conn", "Sust"]) / 100, area=np.array([0, 1]))
    assert geometric(scores) == pytest.approx([float(rows[unit]["Index"]) for unit in UNITS], abs=6e-7)


def test_leaving_one_pillar_out():
    values = matrix(AGGREGATED, LEVEL["2"]) / 100
    maxima = np.array([PILLAR[code] for code in LEVEL["2"]])
    shifts, ranks = {}, {row["uCode"]: row for row in read("leave_one_pillar_out_ranks")}
    nominal = competition_ranks(matrix(AGGREGATED, ["Index"])[:, 0])
    for position, pillar in enumerate(LEVEL["2"]):
        left = values.copy()
        left[:, position] = np.nan
        found = competition_ranks(hierarchical(scores_of(maxima, left, area=areas(LEVEL["2"], LEVEL["3"]))))
        assert found.tolist() == [int(ranks[unit][pillar]) for unit in UNITS]
        shifts[pillar] = np.abs(found - nominal).mean()
    expected = {row["pillar"]: float(row["mean_abs_rank_diff"]) for row in read("leave_one_pillar_out_mad")}
    assert expected.pop("Nominal") == 0
    assert shifts == pytest.approx(expected)
