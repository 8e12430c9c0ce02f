"""Covariances of the satisfaction indexes of one agency, for totals that several of them enter (methods §5.4)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from methods.design import Strata, estimate_variance
from methods.grouped import doubles, matches, row_codes
from methods.survey_precision import INDEX, MEASURES, QUESTIONNAIRE


def survey_covariance(scores: pa.Table, moments: pa.Table, products: pa.Table) -> pa.Table:
    """Returns the covariances of the indexes of one agency's year that rest on the same forms (methods §5.4).

    In: `scores` and `moments` as for `survey_precision`; `products`: year, agency_id, questionnaire_id,
    questionnaire_version, stratum, index_form, factor_code, other_factor_code, products (sum over PSUs of the products
    of their totals). Out: year, agency_id, index_form, factor_code, other_factor_code, covariance, in both orders; with
    factor_code = other_factor_code the variance of the design. A sum of indexes a_c I_c has the variance
    sum over c, d of a_c a_d covariance_cd. Agencies of which a questionnaire has another official form are left out.
    """
    pair = (*QUESTIONNAIRE, "index_form", "factor_code", "other_factor_code")
    first = _stratum_means(products, moments, "factor_code")
    second = _stratum_means(products, moments, "other_factor_code")
    position = matches((*QUESTIONNAIRE, "stratum", "factor_code"), products, moments)
    other = matches(
        (*QUESTIONNAIRE, "stratum", "factor_code"),
        products.drop_columns("factor_code").rename_columns({"other_factor_code": "factor_code"}),
        moments,
    )
    n_psu = moments["n_psu"].to_numpy()[position]
    both = np.minimum(moments["n_psu_answered"].to_numpy()[position], moments["n_psu_answered"].to_numpy()[other])
    (unit,) = row_codes(pair, products)
    _, at = np.unique(unit, return_index=True)
    order = np.argsort(unit, kind="stable")
    design = estimate_variance(
        Strata(
            unit[order],
            n_psu[order],
            both[order],
            doubles(moments["population_psu"])[position][order],
            first[order],
            (doubles(products["products"]) - n_psu * first * second)[order],
            second[order],
        ),
        len(at),
    )
    keys = products.select(pair).take(pa.array(at))
    share = _share_of(keys, scores, "factor_code") * _share_of(keys, scores, "other_factor_code")
    known = keys.append_column("covariance", pa.array(share * design.variance))
    summed = known.group_by(["year", "agency_id", "index_form", "factor_code", "other_factor_code"]).aggregate(
        [("covariance", "sum"), ("covariance", "count")]
    )
    # A questionnaire without the form has no covariance: then the agency has none.
    asked = scores.filter(pc.is_valid(scores["estimate_pct"])).group_by(
        ["year", "agency_id", "index_form", "factor_code"]
    )
    n_asked = asked.aggregate([("estimate_pct", "count")])
    place = matches(("year", "agency_id", "index_form", "factor_code"), summed, n_asked)
    complete = (place >= 0) & (n_asked["estimate_pct_count"].to_numpy()[place] == summed["covariance_count"].to_numpy())
    summed = summed.filter(pa.array(complete)).rename_columns({"covariance_sum": "covariance"})
    names = ["year", "agency_id", "index_form", "factor_code", "other_factor_code", "covariance"]
    summed = summed.select(names)
    mirrored = summed.filter(pc.not_equal(summed["factor_code"], summed["other_factor_code"])).rename_columns(
        {"factor_code": "other_factor_code", "other_factor_code": "factor_code"}
    )
    return pa.concat_tables([summed, mirrored.select(names)]).sort_by([(name, "ascending") for name in names[:-1]])


def _stratum_means(products: pa.Table, moments: pa.Table, scope: str) -> np.ndarray:
    """Returns the mean over all PSUs of a stratum of the totals of one scope, in the index form of the row."""
    keyed = products.select([*QUESTIONNAIRE, "stratum"]).append_column("factor_code", products[scope])
    position = matches((*QUESTIONNAIRE, "stratum", "factor_code"), keyed, moments)
    form = np.array(products["index_form"].to_pylist(), dtype=object)
    share = (moments["n_psu_answered"].to_numpy() / moments["n_psu"].to_numpy())[position]
    means = np.zeros(len(products))
    for name, (measure, factor) in MEASURES.items():
        means = np.where(form == name, factor * doubles(moments[f"mean_{measure}"])[position], means)
    return share * means


def _share_of(keys: pa.Table, scores: pa.Table, scope: str) -> np.ndarray:
    """Returns the share of a questionnaire in the index of its agency's year."""
    group = row_codes(INDEX, scores)[0]
    weight = doubles(scores["index_weight"])
    share = weight / np.bincount(group, weights=weight)[group]
    keyed = keys.select([*QUESTIONNAIRE, "index_form"]).append_column("factor_code", keys[scope])
    return share[matches((*QUESTIONNAIRE, "index_form", "factor_code"), keyed, scores)]
