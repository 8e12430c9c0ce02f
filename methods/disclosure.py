"""Disclosure control of tables of counts: what to withhold, and what an attacker could still compute (methods §6)."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix


def suppress_lines(counts: np.ndarray, withheld: np.ndarray) -> np.ndarray:
    """Returns the withheld cells and those that protect them: no row or column has exactly one.

    In each row, then column, with exactly one withheld cell the smallest other cell that is not 0 is withheld too,
    until nothing changes. A line whose other cells are all 0 keeps one; then its margin must be withheld
    (`unprotected_lines`).
    """
    withheld = withheld.copy()
    while True:
        before = withheld.sum()
        for values, marks in ((counts, withheld), (counts.T, withheld.T)):
            for line in np.flatnonzero(marks.sum(axis=1) == 1):
                others = np.flatnonzero(~marks[line] & (values[line] > 0))
                if len(others):
                    marks[line, others[np.argmin(values[line, others])]] = True
        if withheld.sum() == before:
            return withheld


def unprotected_lines(withheld: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows and the columns with exactly one withheld cell: their margins would give it away."""
    return np.flatnonzero(withheld.sum(axis=1) == 1), np.flatnonzero(withheld.sum(axis=0) == 1)


def feasible_ranges(
    sums: csr_matrix, totals: np.ndarray, n_unknown: int, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the least and the greatest value that each target can have (Fischetti & Salazar 2000).

    What an attacker knows: `sums` (equations x unknown cells) times the unknown cells equals `totals`, the published
    margins minus the published cells, in all tables that share cells; no cell is negative. NaN where the equations
    contradict each other.
    """
    lo, hi = np.full(len(targets), np.nan), np.full(len(targets), np.nan)
    for place, target in enumerate(targets):
        for sign, found in ((1.0, lo), (-1.0, hi)):
            goal = np.zeros(n_unknown)
            goal[target] = sign
            solved = linprog(goal, A_eq=sums, b_eq=totals, bounds=(0, None), method="highs")
            if solved.status == 0:
                found[place] = sign * solved.fun
            elif solved.status == 3:
                found[place] = -sign * np.inf
    return lo, hi


def table_ranges(counts: np.ndarray, withheld: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the feasible ranges of the withheld cells of one table published with all its margins, row by row."""
    rows, columns = np.nonzero(withheld)
    n_unknown = len(rows)
    equations = np.concatenate([rows, counts.shape[0] + columns])
    cells = np.tile(np.arange(n_unknown), 2)
    n_equations = counts.shape[0] + counts.shape[1]
    sums = csr_matrix((np.ones(2 * n_unknown), (equations, cells)), shape=(n_equations, n_unknown))
    hidden = np.where(withheld, counts, 0)
    totals = np.concatenate([hidden.sum(axis=1), hidden.sum(axis=0)])
    return feasible_ranges(sums, totals, n_unknown, np.arange(n_unknown))
