"""Reliability of every questionnaire, and what its interviewers have in common (methods §3.8)."""

from __future__ import annotations

import pyarrow as pa

from methods.answer_quality import cronbach_alpha, intraclass_correlation
from methods.grouped import doubles, matches, nullable, taken
from methods.survey_precision import QUESTIONNAIRE


def survey_quality(reliability: pa.Table, investigators: pa.Table) -> pa.Table:
    """Returns Cronbach's alpha of every questionnaire and factor, and the correlation within interviewers.

    In: `reliability`: year, agency_id, questionnaire_id, questionnaire_version, factor_code ('' for all items),
    n_items, n_forms (complete ones), item_variances, total_variance; `investigators`: the first four, n_investigators,
    n_forms, sum_of_squared_sizes, between_squares, within_squares. Out: a row per questionnaire and factor of either:
    n_complete (0 without a complete form), cronbach_alpha, investigator_icc (with factor_code '' only), NULL where
    undefined.
    """
    key = (*QUESTIONNAIRE, "factor_code")
    alone = investigators.append_column("factor_code", pa.array([""] * len(investigators), pa.string()))
    added = alone.filter(pa.array(matches(key, alone, reliability) < 0)).select(key)
    rows = pa.concat_tables([reliability.select(key), added])
    alpha = cronbach_alpha(*(doubles(reliability[name]) for name in ("n_items", "item_variances", "total_variance")))
    sums = ("n_investigators", "n_forms", "sum_of_squared_sizes", "between_squares", "within_squares")
    icc = intraclass_correlation(*(doubles(investigators[name]) for name in sums))
    of_reliability, of_investigators = matches(key, rows, reliability), matches(key, rows, alone)
    n_complete = taken(reliability["n_forms"], of_reliability).fill_null(0)
    return pa.table(
        {
            **{name: rows[name] for name in key},
            "n_complete": n_complete,
            "cronbach_alpha": taken(pa.chunked_array([nullable(alpha)]), of_reliability),
            "investigator_icc": taken(pa.chunked_array([nullable(icc)]), of_investigators),
        }
    )
