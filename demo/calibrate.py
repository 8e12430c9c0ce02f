"""Computes the satisfied answers per question that give a unit its target index."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

_ROUNDS = 4
# Every question keeps a few satisfied and a few unsatisfied answers.
_LOWEST, _HIGHEST = 0.08, 0.985


def count_satisfied(
    answered: Counts, steps: NDArray[np.float64], target: float, leaning: NDArray[np.float64]
) -> Counts:
    """Returns satisfied answers per question whose index is as near to `target` as integers allow (about 0.001).

    `steps` is the gain in the index per satisfied answer; `leaning` are logits by which questions differ.
    """
    counts = np.round(answered * _shares(answered, steps, target, leaning)).astype(np.int64)
    lowest, highest = np.floor(_LOWEST * answered), np.ceil(_HIGHEST * answered)
    for _ in range(_ROUNDS):
        # Raise one question and lower another (or change only one): the pair that leaves the smallest gap.
        gap = target - float(counts @ steps)
        up = np.append(np.where(counts < highest, steps, np.inf), 0.0)
        down = np.append(np.where(counts > lowest, steps, np.inf), 0.0)
        change = np.where(np.isfinite(up[:, None]) & np.isfinite(down[None, :]), up[:, None] - down[None, :], np.inf)
        raised, lowered = np.unravel_index(np.argmin(np.abs(gap - change)), change.shape)
        if abs(gap - change[raised, lowered]) >= abs(gap):
            break
        counts[[at for at in (raised,) if at < len(counts)]] += 1
        counts[[at for at in (lowered,) if at < len(counts)]] -= 1
    return counts


def close_exactly(
    answered: list[Counts], counts: list[Counts], weights: list[list[Fraction]], target: Fraction
) -> list[Counts]:
    """Changes a few counts of several units so that the mean of their indices is exactly `target`.

    `weights[unit][item]` is the item's weight. Raises ValueError when no combination of steps closes the gap.
    """
    steps = [[100 * w / int(n) for w, n in zip(*pair, strict=True)] for pair in zip(weights, answered, strict=True)]
    reached = sum(
        (
            step * int(count)
            for row, unit in zip(steps, counts, strict=True)
            for step, count in zip(row, unit, strict=True)
        ),
        Fraction(0),
    )
    gap = target * len(counts) - reached
    scale = lcm(gap.denominator, *(step.denominator for row in steps for step in row))
    moves = _fewest_moves(int(gap * scale), sorted({int(step * scale) for row in steps for step in row}))
    closed = [unit.copy() for unit in counts]
    for number, move in enumerate(moves):
        # The next unit with a step of this size takes it, at the question with the most room.
        turn = [(number + later) % len(closed) for later in range(len(closed))]
        unit = next(at for at in turn if abs(move) in {int(step * scale) for step in steps[at]})
        room = answered[unit] - closed[unit] if move > 0 else closed[unit]
        fitting = [at for at, step in enumerate(steps[unit]) if int(step * scale) == abs(move)]
        closed[unit][max(fitting, key=lambda at: int(room[at]))] += 1 if move > 0 else -1
    return closed


def _shares(
    answered: Counts, steps: NDArray[np.float64], target: float, leaning: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns shares that differ by `leaning` and whose index is `target`; finds the common level by bisection."""
    low, high = -6.0, 8.0
    shares = np.zeros(len(answered))
    for _ in range(40):
        level = (low + high) / 2
        shares = np.clip(1 / (1 + np.exp(-(level + leaning))), _LOWEST, _HIGHEST)
        if float((answered * shares) @ steps) < target:
            low = level
        else:
            high = level
    return shares


def _fewest_moves(gap: int, sizes: list[int]) -> list[int]:
    """Returns the shortest list of signed sizes whose sum is `gap`."""
    bound = abs(gap) + 2 * max(sizes)
    last_move: dict[int, int] = {gap: 0}
    waiting = deque([gap])
    while waiting and 0 not in last_move:
        left = waiting.popleft()
        for move in (*sizes, *(-size for size in sizes)):
            if abs(left - move) <= bound and left - move not in last_move:
                last_move[left - move] = move
                waiting.append(left - move)
    if 0 not in last_move:
        raise ValueError(f"a gap of {gap} is not a sum of {sizes}")
    moves, at = [], 0
    while at != gap:
        moves.append(last_move[at])
        at += last_move[at]
    return moves
