"""Rules that compare units in pairs, on the criteria that apply to both (methods §5.1, r7 and r8)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from methods.composite.scores import Scores, blocks

TIE = 1e-9
_DECIMALS = 9
_CONVERGED = 1e-11
_MOST_ROUNDS = 10_000


def copeland(scores: Scores) -> np.ndarray:
    """Returns wins minus losses (Copeland 1951; Saari & Merlin 1996) on the weighted difference over common criteria.

    A difference within 1e-9 is a tie; a pair without a common criterion is no contest. NaN for units with pending
    points, which meet nobody.
    """
    index = np.flatnonzero(scores.is_complete)
    known, points = scores.known[index].astype(float), scores.points[index]
    result = np.full(len(scores.group), np.nan)
    for part in blocks(len(index)):
        difference = points[part] @ known.T - known[part] @ points.T
        result[index[part]] = (difference > TIE).sum(axis=1) - (difference < -TIE).sum(axis=1)
    return result


def bradley_terry(scores: Scores) -> np.ndarray | None:
    """Returns log abilities centred at 0 (Bradley & Terry 1952), fitted by minorisation (Hunter 2004).

    Every criterion that applies to both units is one contest and counts 1, whatever its maximum; equal shares are half
    a win for each. None where the units cannot be put on one scale, because some of them win nothing against the
    others (the graph of wins is not strongly connected). NaN for units with pending points.
    """
    index = np.flatnonzero(scores.is_complete)
    share, known = np.round(scores.share[index], _DECIMALS), scores.known[index].astype(np.float32)
    n_units = len(index)
    if n_units == 0:
        return np.full(len(scores.group), np.nan)
    wins, beats = np.zeros(n_units), []
    for part in blocks(n_units):
        # Twice the wins: a win is above and not below, a tie only not below; a comparison with NaN is neither.
        twice = np.zeros((part.stop - part.start, n_units), dtype=np.int16)
        for column in share.T:
            twice += column[part, None] > column
            twice += column[part, None] >= column
        twice[np.arange(part.stop - part.start), np.arange(part.start, part.stop)] = 0
        wins[part] = twice.sum(axis=1) / 2
        beats.append(csr_matrix(twice > 0))
    if n_units > 1 and _n_strong_components(beats) > 1:
        return None
    logs = _minorise(wins, known)
    result = np.full(len(scores.group), np.nan)
    result[index] = logs - logs.mean()
    return result


def _n_strong_components(rows: list[csr_matrix]) -> int:
    from scipy.sparse import vstack

    count, _ = connected_components(vstack(rows), directed=True, connection="strong")
    return int(count)


def _minorise(wins: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Returns log abilities: p_i <- wins_i / sum_j n_ij / (p_i + p_j), until no logarithm moves any more.

    Units with the same criteria have the same numbers of contests, so these are counted by pattern.
    """
    patterns, pattern = np.unique(known, axis=0, return_inverse=True)
    contests = patterns @ patterns.T
    n_units = len(wins)
    ability = np.ones(n_units)
    for _ in range(_MOST_ROUNDS):
        denominator = np.empty(n_units)
        for part in blocks(n_units):
            counts = contests[pattern[part]][:, pattern]
            met = counts / (ability[part, None] + ability)
            denominator[part] = met.sum(axis=1) - np.diagonal(met, offset=part.start)
        after = wins / np.where(denominator > 0, denominator, 1.0) if n_units > 1 else ability
        after = after / np.exp(np.log(after).mean())
        moved = np.max(np.abs(np.log(after) - np.log(ability)))
        ability = after
        if moved < _CONVERGED:
            break
    return np.log(ability)
