{{ config(materialized='table') }}

-- The index of each ranked agency-year with what it is rated and whether it is ranked, on the unrounded index. Who
-- lacks an estimate has neither rating nor place, but is here. A group without bands is rated by no scheme.
with banded as (
    select distinct
        year,
        cchc_group
    from {{ ref('int_assessment_bands') }}
)

select
    a.*,
    g.cchc_group is not null as is_group_rated,
    t.max_points,
    t.excluded_points,
    t.coverage_pct,
    t.earned_points,
    t.official_pct,
    t.appraisal_points,
    t.survey_points,
    t.dossier_points,
    t.bonus_points,
    t.penalty_points,
    t.is_index_limited,
    t.n_pending_survey,
    t.n_pending_dossier,
    t.bound_lo,
    t.bound_hi,
    t.self_pct,
    t.n_excluded_without_document,
    t.n_excluded_with_points,
    t.n_self_changed,
    coalesce(t.estimate_status, 'no_data') as estimate_status,
    b.rating,
    b.floor_pct,
    b.next_floor_pct,
    case
        when t.official_pct is null then 'not_eligible'
        when t.coverage_pct >= a.coverage_ranked_pct then 'ranked'
        when t.coverage_pct >= a.coverage_scored_pct then 'ranked_marked'
        else 'scored_not_ranked'
    end as rank_status
from {{ ref('int_assessment_agencies') }} as a
left join {{ ref('int_assessment_totals') }} as t on a.year = t.year and a.agency_id = t.agency_id
left join banded as g on a.year = g.year and a.cchc_group = g.cchc_group
left join {{ ref('int_assessment_bands') }} as b
    on
        a.year = b.year
        and a.cchc_group = b.cchc_group
        and (t.official_pct >= b.floor_pct or b.floor_pct = 0)
        and t.official_pct < coalesce(b.next_floor_pct, 1000)
