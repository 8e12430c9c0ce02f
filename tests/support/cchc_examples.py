"""The worked examples of docs/cchc.md: the check table of methods §5.1, computed by methods/.

`python -m tests.support.cchc_examples` writes them between the marks of the page.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from methods.composite.adjusted import adjust, contributions, group_mean
from methods.composite.contests import bradley_terry, copeland
from methods.composite.pairs import bound_ranks, compare_pairs
from methods.composite.rules import (
    common_only,
    full_credit,
    geometric,
    hierarchical,
    impute_all,
    official,
    zero_fill,
)
from methods.composite.scores import Scores, scores_of
from methods.composite.weights import box, dirichlet, leave_one_out

PAGE = Path(__file__).parents[2] / "docs" / "cchc.md"
MAXIMA = np.array([10.0, 20.0, 30.0, 40.0])
POINTS = np.array([[9, 18, np.nan, 31], [8, 16, 21, 32], [np.nan, 15, 18, 34], [7, 12, 24, 28]])
UNITS = ("U1", "U2", "U3", "U4")
_RULES = {
    "official": official,
    "hierarchical": hierarchical,
    "zero_fill": zero_fill,
    "full_credit": full_credit,
    "impute_all": impute_all,
    "common_only": common_only,
    "difficulty_adjusted": lambda scores: adjust(scores).adjusted,
    "copeland": copeland,
    "bradley_terry": bradley_terry,
    "geometric": geometric,
}


def examples() -> dict[str, str]:
    """Returns the generated blocks by the name of their mark."""
    scores = scores_of(MAXIMA, POINTS / MAXIMA, area=np.array([0, 0, 1, 1]))
    everybody = np.zeros(len(UNITS), dtype=np.int64)
    return {
        "points": _table(["unit", *(f"{n} (of {most:.0f})" for n, most in enumerate(MAXIMA, 1))], [
            [unit, *("–" if np.isnan(p) else f"{p:.0f}" for p in row)] for unit, row in zip(UNITS, POINTS, strict=True)
        ]),
        "rules": _table(["rule", *UNITS], [[name, *_numbers(rule(scores))] for name, rule in _RULES.items()]),
        "adjusted": _adjusted(scores),
        "ranks": _ranks(scores, everybody),
        "pairs": _pairs(scores),
    }  # fmt: skip


def rewritten(text: str) -> str:
    """Returns the page with every generated block as it is computed now. Raises KeyError for an unknown mark."""
    found = examples()

    def block(match: re.Match[str]) -> str:
        return f"{match[1]}\n{found[match[2]]}\n{match[3]}"

    return re.sub(r"(<!-- generated: (\w+) -->)\n.*?\n?(<!-- end -->)", block, text, flags=re.DOTALL)


def _adjusted(scores: Scores) -> str:
    fit = adjust(scores)
    phi, mean = np.nansum(contributions(scores, fit), axis=1), group_mean(scores, fit.adjusted)
    columns = [official(scores), fit.offset_points, fit.adjusted, fit.se_points, phi, fit.adjusted - mean]
    header = ["unit", "official", "− offset", "= adjusted", "se_excl", "sum of contributions", "adjusted − group mean"]
    return _table(header, [[unit, *_numbers(row)] for unit, row in zip(UNITS, np.array(columns).T, strict=True)])


def _ranks(scores: Scores, family: np.ndarray) -> str:
    low, high = bound_ranks(scores)
    drawn, fixed, left = dirichlet(scores, family, 50), box(scores, family), leave_one_out(scores, family)
    rows = [
        [unit, *(f"{a[n]}–{b[n]}" for a, b in ((low, high), (left.best, left.worst), (fixed.best, fixed.worst),
         (drawn.p05, drawn.p95))), f"{drawn.p_first[n]:.2f}"]
        for n, unit in enumerate(UNITS)
    ]  # fmt: skip
    return _table(["unit", "bounds", "leave_one_out", "box", "dirichlet_50, 5–95 %", "p_first"], rows)


def _pairs(scores: Scores) -> str:
    pairs = compare_pairs(scores, np.arange(len(UNITS)))
    verdicts = {1: "higher", 0: "cannot_tell", -1: "lower"}
    rows = [
        [UNITS[a], UNITS[b], str(n), f"{most:.0f}", *_numbers(np.array([diff])), verdicts[int(verdict)]]
        for a, b, n, most, diff, verdict in zip(
            pairs.unit, pairs.other, pairs.n_common, pairs.common_max, pairs.diff_points, pairs.verdict, strict=True
        )
        if a < b
    ]
    header = ["agency_id", "other_agency_id", "n_common_criteria", "common_max_points", "diff_points", "verdict_status"]
    return _table(header, rows)


def _numbers(values: np.ndarray | None) -> list[str]:
    # Adding 0 turns a negative zero into zero.
    return [f"{np.round(value, 4) + 0.0:g}" for value in (values if values is not None else [])]


def _table(header: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows])


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
