"""The statistics of the satisfaction survey: which counts they take, and how they follow from each other."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from methods.survey_changes import survey_changes, survey_means
from methods.survey_covariance import survey_covariance
from methods.survey_precision import survey_precision
from methods.survey_ranks import survey_ranks

SURVEY_TABLES = ("survey_precision", "survey_covariance", "survey_rank", "survey_change", "survey_mean")
SURVEY_QUERIES = (
    # The index of every questionnaire that counts, with its weight among those of the agency's year.
    """
    select s.year, s.agency_id, s.questionnaire_id, s.questionnaire_version, coalesce(s.factor_code, '') as factor_code,
        s.index_form, s.n_valid, 100 * s.numerator / s.denominator as estimate_pct,
        cast(coalesce(w.declared_weight, s.n_valid) as double) as index_weight
    from intermediate.int_survey_scores as s
    inner join intermediate.int_survey_fieldwork as w
        on w.is_in_index and s.year = w.year and s.agency_id = w.agency_id
        and s.questionnaire_id = w.questionnaire_id and s.questionnaire_version = w.questionnaire_version
    order by all
    """,
    "select * from intermediate.int_survey_stratum_moments order by all",
    "select * from intermediate.int_survey_stratum_products order by all",
    """
    select year, agency_id, population, block_code, district_code, index_form, estimate_pct,
        rank_status = 'ranked' as may_be_ranked, comparison_reason is null as is_compared, previous_agency_id
    from intermediate.int_survey_index_compared where estimate_status = 'ok' order by all
    """,
    """
    select year, mean_kind, group_code, index_form, agency_id, mean_weight
    from intermediate.int_survey_mean_members order by all
    """,
    """
    select year, mean_kind, group_code, index_form, estimate_pct, has_previous
    from intermediate.int_survey_means order by all
    """,
    "select * exclude (decided_date) from intermediate.int_survey_policies order by all",
)


def survey_statistics(
    scores: pa.Table,
    moments: pa.Table,
    products: pa.Table,
    units: pa.Table,
    members: pa.Table,
    means: pa.Table,
    policies: pa.Table,
) -> tuple[pa.Table, ...]:
    """Returns the tables of SURVEY_TABLES from the results of SURVEY_QUERIES, in their order."""
    precision = survey_precision(scores, moments, units, policies)
    whole = precision.filter(pc.equal(precision["factor_code"], ""))
    known = units.drop_columns("estimate_pct").join(
        whole.select(["year", "agency_id", "index_form", "estimate_pct", "se", "df", "is_presentable"]),
        ["year", "agency_id", "index_form"],
        join_type="inner",
    )
    known = known.sort_by([("year", "ascending"), ("agency_id", "ascending"), ("index_form", "ascending")])
    known = known.set_column(
        known.column_names.index("may_be_ranked"),
        "may_be_ranked",
        pc.and_(known["may_be_ranked"], known["is_presentable"]),
    )
    return (
        precision,
        survey_covariance(scores, moments, products),
        survey_ranks(known, policies),
        survey_changes(units.filter(units["is_compared"]), whole, policies),
        survey_means(members, means, whole, policies),
    )
