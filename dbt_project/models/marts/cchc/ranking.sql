-- Rated and ranked on the unrounded index; who lacks an estimate is in the table, without rating and rank. A group
-- without bands is rated by no scheme.
with banded as (
    select distinct
        year,
        cchc_group
    from {{ ref('int_assessment_bands') }}
),

rated as (
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
),

scored as (
    select
        *,
        -- Who is not ranked shares no place with the others.
        case when rank_status in ('ranked', 'ranked_marked') then round(official_pct, 9) end as ranked_pct
    from rated
),

placed as (
    select
        *,
        case
            when ranked_pct is not null
                then rank() over (partition by year, cchc_group order by ranked_pct desc nulls last)
        end as group_rank,
        case
            when ranked_pct is not null and is_ranked_overall
                then rank() over (partition by year order by ranked_pct desc nulls last)
        end as overall_rank
    from scored
),

-- A renamed agency goes on under its new identifier; one that was merged or split in the year is another than before.
renamed as (
    {{ renamed_agencies() }}
),

regrouped as (
    select
        extract(year from effective_date) as year,
        successor_id as agency_id
    from {{ source('registry', 'agency_links') }}
    where link_kind in ('merge', 'split')
    union
    select
        extract(year from effective_date) as year,
        predecessor_id as agency_id
    from {{ source('registry', 'agency_links') }}
    where link_kind = 'split'
),

compared as (
    select
        k.*,
        case
            when g.agency_id is not null then 'unit_merged'
            when p.official_pct is null or k.official_pct is null then 'no_data'
            when p.set_id <> k.set_id then 'criteria_set'
        end as comparison_reason,
        p.official_pct as before_official_pct,
        case when p.cchc_group = k.cchc_group then p.group_rank end as before_group_rank
    from placed as k
    left join renamed as n on k.year = n.year and k.agency_id = n.agency_id
    left join placed as p on p.agency_id = coalesce(n.predecessor_id, k.agency_id) and k.year = p.year + 1
    left join regrouped as g on k.year = g.year and k.agency_id = g.agency_id
)

select
    c.year,
    c.agency_id,
    c.set_id,
    c.cchc_group,
    c.stage,
    c.earned_points,
    c.max_points,
    c.excluded_points,
    c.coverage_pct,
    c.official_pct,
    c.appraisal_points,
    c.survey_points,
    c.dossier_points,
    c.bonus_points,
    c.penalty_points,
    c.self_pct,
    c.rating,
    case when c.is_group_rated then c.rating_scheme end as rating_scheme,
    c.next_floor_pct - c.official_pct as to_next_floor_points,
    cast(c.overall_rank as bigint) as overall_rank,
    cast(c.group_rank as bigint) as group_rank,
    c.estimate_status,
    c.rank_status,
    c.bound_lo,
    c.bound_hi,
    case when c.comparison_reason is null then c.before_official_pct end as previous_official_pct,
    case when c.comparison_reason is null then c.official_pct - c.before_official_pct end as diff_points,
    case when c.comparison_reason is null then cast(c.before_group_rank as bigint) end as previous_group_rank,
    c.comparison_reason,
    c.decision_number,
    {{ flag_list({
        'appraisal_missing': "not c.has_appraisal",
        'coverage_marked': "c.rank_status = 'ranked_marked'",
        'dossier_points_missing': "coalesce(c.n_pending_dossier > 0, false)",
        'index_limited': "coalesce(c.is_index_limited, false)",
        'exclusion_without_document': "coalesce(c.n_excluded_without_document > 0, false)",
        'on_floor_after_rounding': "coalesce(round(c.official_pct, 2) >= c.next_floor_pct, false)",
        'points_on_excluded_criterion': "coalesce(c.n_excluded_with_points > 0, false)",
        'self_changed_after_appraisal': "coalesce(c.n_self_changed > 0, false)",
        'self_assessment_missing': "not c.has_self_assessment",
        'survey_points_missing': "coalesce(c.n_pending_survey > 0, false)",
    }) }} as flags,
    {{ run_stamp() }}
from compared as c
