"""Standard error and interval of every satisfaction index, from the moments of its strata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from scipy.stats import t

from methods.design import Design, Strata, estimate_variance, with_absent
from methods.grouped import doubles, matches, nullable, row_codes, taken
from methods.small_samples import effective_size, korn_graubard, moderated_variance, t_interval

# Index form -> the linearised value it needs, and its factor.
MEASURES = {
    "mean_minmax": ("mean", 1.0),
    "mean_of_five": ("mean", 0.8),
    "top2_weighted": ("top2", 1.0),
    "top2_pooled": ("pooled", 1.0),
    "respondent_mean": ("respondent", 1.0),
    "all_satisfied": ("all", 1.0),
}
SHARES = ("top2_weighted", "top2_pooled", "all_satisfied")
QUESTIONNAIRE = ("year", "agency_id", "questionnaire_id", "questionnaire_version")
INDEX = ("year", "agency_id", "factor_code", "index_form")
# A standard error below this is one of equal answers, whose weights were not whole numbers.
NO_ERROR = 1e-9
# A variance below this part of the block's is hardly one (methods §3.3).
_TINY = 0.01
# The t interval of a share holds from here on (methods §3.3).
_T_FROM_FORMS, _T_FROM_CASES = 30, 10


def survey_precision(scores: pa.Table, moments: pa.Table, units: pa.Table, policies: pa.Table) -> pa.Table:
    """Returns the precision of every index of methods §3.1, of the whole (factor_code '') and of each factor.

    In: `scores`: year, agency_id, questionnaire_id, questionnaire_version, factor_code, index_form, n_valid,
    estimate_pct (NULL where the form does not apply), index_weight among the questionnaires of the agency's year;
    `moments`: the rows of int_survey_stratum_moments in the order of their strata; `units`: year, agency_id,
    population, block_code of the agencies (rows may repeat); `policies`: the parameters by year.

    Out: the key year, agency_id, factor_code, index_form; estimate_pct, n_valid, se, df, n_eff, deff, ci_lo, ci_hi
    (0-100), ci_method (t, korn_graubard), variance_status (not_estimable, variance_weak, variance_moderated, ok),
    is_presentable (methods §3.6). se, interval and n_eff are NULL without a degree of freedom. Rows without an
    estimate are left out. A census has se 0 and an interval of its estimate alone.
    """
    combined = _combine(scores, _variances(scores, moments))
    attributes = matches(("year", "agency_id"), combined.keys, units)
    policy = matches(("year",), combined.keys, policies)
    parameters = {name: doubles(policies[name])[policy] for name in policies.column_names if _is_number(policies, name)}
    grouped = combined.keys.append_column("population", taken(units["population"], attributes))
    grouped = grouped.append_column("block_code", taken(units["block_code"], attributes))
    groups = [
        row_codes(("year", *place, "factor_code", "index_form"), grouped)[0]
        for place in (("population", "block_code"), ("population",))
    ]
    return _describe(combined, groups, parameters)


class _Indexes:
    """Arrays of one element per index: estimate, n, variance, variance of a simple sample, df and design flags."""

    def __init__(self, keys: pa.Table, values: Mapping[str, np.ndarray]):
        self.keys = keys
        self.form = np.array(keys["index_form"].to_pylist(), dtype=object)
        self.estimate, self.n = values["estimate"], values["n"]
        self.variance, self.simple, self.df = values["variance"], values["simple"], values["df"]
        self.is_lonely, self.is_census = values["is_lonely"] > 0, values["is_census"] > 0


def _is_number(table: pa.Table, name: str) -> bool:
    return not pa.types.is_string(table[name].type)


def _variances(scores: pa.Table, moments: pa.Table) -> dict[str, np.ndarray]:
    """Returns variance, variance of a simple sample, df and flags of every row of `scores`."""
    unit, of_score = row_codes((*QUESTIONNAIRE, "factor_code"), moments, scores)
    n_units = int(max(unit.max(initial=-1), of_score.max(initial=-1))) + 1
    form = np.array(scores["index_form"].to_pylist(), dtype=object)
    found = {name: np.full(len(scores), np.nan) for name in ("variance", "simple", "df", "is_lonely", "is_census")}
    weight = np.bincount(unit, weights=doubles(moments["w_forms"]), minlength=n_units)
    n_forms = np.bincount(unit, weights=doubles(moments["n_forms"]), minlength=n_units)
    for name, (measure, factor) in MEASURES.items():
        rows = np.flatnonzero(form == name)
        design = design_of(moments, unit, measure, n_units)
        squares = np.bincount(unit, weights=doubles(moments[f"square_{measure}"]), minlength=n_units)
        with np.errstate(divide="ignore", invalid="ignore"):
            simple = weight * squares / (n_forms - 1)
        of_unit = of_score[rows]
        found["variance"][rows] = factor**2 * design.variance[of_unit]
        found["simple"][rows] = factor**2 * simple[of_unit]
        found["df"][rows] = design.df[of_unit]
        found["is_lonely"][rows] = design.is_lonely[of_unit]
        found["is_census"][rows] = design.is_census[of_unit]
    return found


def design_of(moments: pa.Table, unit: np.ndarray, measure: str, n_units: int) -> Design:
    """Returns the design of each unit from the moments of its strata, whose PSUs without an answer count as zeros."""
    order = np.argsort(unit, kind="stable")
    n_psu = moments["n_psu"].to_numpy()[order]
    answered = moments["n_psu_answered"].to_numpy()[order]
    mean, squares = with_absent(
        n_psu, answered, doubles(moments[f"mean_{measure}"])[order], doubles(moments[f"deviation_{measure}"])[order]
    )
    population = doubles(moments["population_psu"])[order]
    return estimate_variance(Strata(unit[order], n_psu, answered, population, mean, squares), n_units)


def _combine(scores: pa.Table, variances: Mapping[str, np.ndarray]) -> _Indexes:
    """Returns the indexes over all questionnaires of an agency's year: independent samples with the given weights."""
    (group,) = row_codes(INDEX, scores)
    _, first = np.unique(group, return_index=True)
    n_groups = len(first)
    weight = doubles(scores["index_weight"])
    share = weight / np.bincount(group, weights=weight, minlength=n_groups)[group]

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, weights=values, minlength=n_groups)

    estimate = total(share * doubles(scores["estimate_pct"]))
    kept = ~np.isnan(estimate)
    parts = total(np.ones(len(group)))
    values = {
        "estimate": estimate,
        "n": total(doubles(scores["n_valid"])),
        "variance": total(share**2 * variances["variance"]),
        "simple": total(share**2 * variances["simple"]),
        "df": total(variances["df"]),
        "is_lonely": total(variances["is_lonely"]),
        "is_census": (total(variances["is_census"]) == parts).astype(float),
    }
    keys = scores.select(INDEX).take(pa.array(first)).filter(pa.array(kept))
    return _Indexes(keys, {name: array[kept] for name, array in values.items()})


def _describe(indexes: _Indexes, groups: Sequence[np.ndarray], parameters: Mapping[str, np.ndarray]) -> pa.Table:
    alpha = parameters["alpha"]
    estimable = indexes.df > 0
    variance = np.where(indexes.variance < NO_ERROR**2, 0.0, indexes.variance)
    se_design = np.sqrt(variance)
    moderated, se, df = _moderate(indexes, variance, groups, parameters)
    p = indexes.estimate / 100
    is_share = np.isin(indexes.form, SHARES)
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where(indexes.simple > NO_ERROR**2, variance / indexes.simple, np.nan)
        widening = t.ppf(1 - alpha / 2, indexes.n - 1) / t.ppf(1 - alpha / 2, indexes.df)
        by_mean = np.where(variance > 0, np.minimum(indexes.n, indexes.n / deff * widening**2), indexes.n)
    n_eff = np.where(is_share, effective_size(p, se_design / 100, indexes.n, indexes.df, alpha), by_mean)
    n_eff = np.where(indexes.is_census, indexes.n, n_eff)
    kg_lo, kg_hi = korn_graubard(p, n_eff, alpha)
    t_lo, t_hi = t_interval(indexes.estimate, se, df, alpha)
    by_kg = is_share & ~indexes.is_census & ~((n_eff >= _T_FROM_FORMS) & (n_eff * p * (1 - p) >= _T_FROM_CASES))
    floor = np.where(indexes.form == "mean_of_five", 20.0, 0.0)
    lo = np.maximum(floor, np.minimum(np.where(by_kg, 100 * kg_lo, t_lo), indexes.estimate))
    hi = np.minimum(100.0, np.maximum(np.where(by_kg, 100 * kg_hi, t_hi), indexes.estimate))
    width = np.where(is_share & ~indexes.is_census, kg_hi - kg_lo, (hi - lo) / 100)
    with np.errstate(divide="ignore", invalid="ignore"):
        presentable = (
            (indexes.n >= parameters["n_min_rank"])
            & (n_eff >= parameters["n_eff_min"])
            & (width <= parameters["kg_width_max"])
            & ((width <= 0.05) | (width / p <= parameters["kg_rel_max"]))
            & (indexes.df >= parameters["df_min"])
        )
    status = np.select(
        [~estimable, indexes.is_lonely, moderated], ["not_estimable", "variance_weak", "variance_moderated"], "ok"
    )
    known = {"se": se, "df": df, "n_eff": n_eff, "deff": deff, "ci_lo": lo, "ci_hi": hi}
    return pa.table(
        {
            **{name: indexes.keys[name] for name in INDEX},
            "estimate_pct": indexes.estimate,
            "n_valid": indexes.n.astype(np.int64),
            **{name: nullable(np.where(estimable, values, np.nan)) for name, values in known.items()},
            "ci_method": pa.array(np.where(by_kg, "korn_graubard", "t"), pa.string(), mask=~estimable),
            "variance_status": pa.array(status, pa.string()),
            "is_presentable": pa.array(presentable & estimable, pa.bool_()),
        }
    )


def _moderate(
    indexes: _Indexes, variance: np.ndarray, groups: Sequence[np.ndarray], parameters: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns which variances were moderated by that of their block (methods §3.3), and se and df of all.

    Where the whole block has no variance, that of the population is lent.
    """
    sampled = (indexes.df > 0) & ~indexes.is_census & (indexes.n >= parameters["n_min_publish"])
    per_form = variance * indexes.n
    weight = np.where(sampled, indexes.df, 0.0)
    pooled = np.zeros(len(variance))
    for group in groups:
        with np.errstate(divide="ignore", invalid="ignore"):
            of_group = np.bincount(group, weights=weight * per_form) / np.bincount(group, weights=weight)
        pooled = np.where(pooled > 0, pooled, np.nan_to_num(of_group[group]))
    tiny = sampled & (pooled > 0) & (per_form < _TINY * pooled)
    raised, df = moderated_variance(per_form, indexes.df, pooled, parameters["moderated_d0"])
    return tiny, np.sqrt(np.where(tiny, raised / indexes.n, variance)), np.where(tiny, df, indexes.df)
