"""Estimates of one survey unit from its forms, with the linearised value of every form (Taylor; methods §3.1, §3.2).

The warehouse computes the same in SQL, because ten million answers do not pass through Python. These functions are the
formulas in their shortest form, for simulations and for comparison.
"""

from __future__ import annotations

import numpy as np

INDEX_FORMS = ("mean_minmax", "mean_of_five", "top2_weighted", "top2_pooled", "respondent_mean", "all_satisfied")


def mean(values: np.ndarray, weights: np.ndarray, in_domain: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """Returns the weighted mean of the known values (not NaN) of a domain, and its linearised values."""
    known = ~np.isnan(values) if in_domain is None else ~np.isnan(values) & in_domain
    w = np.where(known, weights, 0.0)
    estimate = float((w * np.nan_to_num(values)).sum() / w.sum())
    return estimate, w * np.where(known, values - estimate, 0.0) / w.sum()


def ratio(numerator: np.ndarray, denominator: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Returns the ratio of two weighted totals and its linearised values."""
    below = float((weights * denominator).sum())
    estimate = float((weights * numerator).sum()) / below
    return estimate, weights * (numerator - estimate * denominator) / below


def index(form: str, answers: np.ndarray, item_weights: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Returns an index (0-100) and its linearised values.

    `answers`: forms x items, 1 to 5 or NaN. Items without an answer leave, and the weights of the others are taken
    over their own sum; NaN when no item has one. Raises ValueError for an unknown form.
    """
    if form not in INDEX_FORMS:
        raise ValueError(f"no index form {form!r}")
    known = ~np.isnan(answers)
    asked = known.any(axis=0)
    if not asked.any():
        return float("nan"), np.zeros(len(answers))
    answers, known = answers[:, asked], known[:, asked]
    v = item_weights[asked] / item_weights[asked].sum()
    y, satisfied = np.where(known, answers, 0.0), np.where(known, answers >= 4, 0.0)
    answering = known.any(axis=1)
    if form in ("mean_minmax", "mean_of_five", "top2_weighted"):
        values = satisfied if form == "top2_weighted" else y
        totals = (weights[:, None] * known).sum(axis=0)
        means = (weights[:, None] * values).sum(axis=0) / totals
        scale, shift = {"mean_minmax": (25, 1), "mean_of_five": (20, 0), "top2_weighted": (100, 0)}[form]
        deviation = np.where(known, values - means, 0.0)
        return scale * (float(v @ means) - shift), scale * weights * (deviation * (v / totals)).sum(axis=1)
    if form == "top2_pooled":
        estimate, u = ratio(satisfied.sum(axis=1), known.sum(axis=1).astype(float), weights)
        return 100 * estimate, 100 * u
    if form == "respondent_mean":
        with np.errstate(invalid="ignore", divide="ignore"):
            own = (y * v).sum(axis=1) / (known * v).sum(axis=1)
        estimate, u = mean(own, weights)
        return 25 * (estimate - 1), 25 * u
    everything = np.where(answering, (satisfied == known).all(axis=1), np.nan)
    estimate, u = mean(everything, weights)
    return 100 * estimate, 100 * u
