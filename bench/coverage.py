"""Coverage of the survey intervals and rank sets by simulation, with a fixed seed (methods §3.3, §3.5)."""

from __future__ import annotations

import numpy as np

from bench.table import Findings
from methods.design import estimate_variance, stratum_of
from methods.proportions import wilson_interval
from methods.rank_sets import rank_sets
from methods.small_samples import effective_size, korn_graubard, t_interval

SIZES, SHARES = (30, 100, 400), (0.5, 0.8, 0.95)
# (number of items, correlation of a person's answers): one question, and an index of five.
QUESTIONNAIRES = {"one item": (1, 0.0), "five items": (5, 0.4)}
ALPHA = 0.05
# The t interval is that of an index of several items. Of one item it covers 92.7 % at n 400 and p .95, by exact sums.
# Wilson is for shares of one item: of several, n_e is cut to n, so that it covers more than it promises.
LEAST = {"one item": {"t": 92, "wilson": 93}, "five items": {"t": 93}}
# Where the normal approximation is said to hold: n p (1 - p) from here on.
_NORMAL_FROM = 10
_LARGEST_BLOCK = 4_000_000


def measure_coverage(findings: Findings, n_surveys: int, seed: int = 1) -> None:
    """Adds coverage in per cent of every interval to the findings, with the targets of docs/satisfaction.md."""
    rng = np.random.default_rng(seed)
    for name, (n_items, correlation) in QUESTIONNAIRES.items():
        for n, p in ((n, p) for n in SIZES for p in SHARES):
            found = _interval_coverage(rng, n_surveys, n, p, n_items, correlation)
            case = f"{name}, n {n}, p {p}"
            findings.cover(case, found)
            findings.expect_within(f"Korn-Graubard, {case}", found["korn_graubard"], 94.5, 100, "% covered")
            if n * p * (1 - p) >= _NORMAL_FROM:
                for method, least in LEAST[name].items():
                    findings.expect_within(f"{method}, {case}", found[method], least, 97, "% covered")
    for n_units, spread in ((12, 0.0), (12, 2.0), (42, 1.0)):
        covered = _rank_coverage(rng, n_surveys, n_units, spread)
        case = f"{n_units} units, {spread} standard errors apart"
        findings.cover(case, {"rank sets": covered})
        findings.expect_within(f"rank sets of {case}", covered, 95, 100, "% covered")


def _interval_coverage(
    rng: np.random.Generator, n_surveys: int, n: int, p: float, n_items: int, correlation: float
) -> dict[str, float]:
    """Returns the share of surveys, in per cent, whose interval has p: simple samples of n persons."""
    hits = {"t": 0, "wilson": 0, "korn_graubard": 0}
    block = max(1, min(n_surveys, _LARGEST_BLOCK // (n * n_items)))
    done = 0
    while done < n_surveys:
        size = min(block, n_surveys - done)
        # A person's own propensity makes the answers to several items alike (beta-binomial).
        own: np.ndarray | float = p
        if correlation:
            strength = 1 / correlation - 1
            own = rng.beta(p * strength, (1 - p) * strength, (size, n))
        score = rng.binomial(n_items, own, (size, n)) / n_items
        estimate = score.mean(axis=1)
        unit = np.repeat(np.arange(size), n)
        person = np.tile(np.arange(n), size)
        linearised = ((score - estimate[:, None]) / n).ravel()
        design = estimate_variance(stratum_of(unit, np.zeros(size * n, dtype=int), person, linearised), size)
        se = np.sqrt(design.variance)
        effective = effective_size(estimate, se, np.full(size, n), design.df, ALPHA)
        intervals = {
            "t": t_interval(estimate, se, design.df, ALPHA),
            "wilson": wilson_interval(estimate * effective, effective, ALPHA),
            "korn_graubard": korn_graubard(estimate, effective, ALPHA),
        }
        for method, (lower, upper) in intervals.items():
            hits[method] += int(((lower <= p) & (p <= upper)).sum())
        done += size
    return {method: 100 * hit / n_surveys for method, hit in hits.items()}


def _rank_coverage(rng: np.random.Generator, n_surveys: int, n_units: int, spread: float) -> float:
    """Returns the share of surveys, in per cent, in which every unit's true rank lies in its set.

    True scores are `spread` standard errors apart; units of one score share the ranks from the first to the last.
    """
    truth = -spread * np.arange(n_units)
    best = 1 + (truth[None, :] > truth[:, None]).sum(axis=1)
    worst = n_units - (truth[None, :] < truth[:, None]).sum(axis=1)
    se, df = np.ones(n_units), np.full(n_units, np.inf)
    hits = 0
    for _ in range(n_surveys):
        found = rank_sets(truth + rng.standard_normal(n_units), se, df, ALPHA)
        hits += bool(np.all((found.lo <= best) & (worst <= found.hi)))
    return 100 * hits / n_surveys
