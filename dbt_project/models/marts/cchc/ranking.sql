-- Ranked on the unrounded index, with what methods/ says about the ranks; who lacks an estimate is in the table,
-- without rating and rank.
with scored as (
    select
        *,
        -- Who is not ranked shares no place with the others.
        case when rank_status in ('ranked', 'ranked_marked') then round(official_pct, 9) end as ranked_pct
    from {{ ref('int_assessment_rated') }}
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
                then rank() over (partition by year, set_id order by ranked_pct desc nulls last)
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

-- From one set to another an index is compared on the criteria that both share.
compared as (
    select
        k.*,
        case
            when g.agency_id is not null then 'unit_merged'
            when p.official_pct is null or k.official_pct is null then 'no_data'
            when p.set_id <> k.set_id and l.n_common is null then 'criteria_set'
        end as comparison_reason,
        coalesce(p.set_id <> k.set_id, false) as is_other_set,
        p.official_pct as before_official_pct,
        case when p.set_id <> k.set_id then l.diff_points else k.official_pct - p.official_pct end as change_points,
        m.ci_hi - k.official_pct as half_width,
        d.ci_hi - p.official_pct as before_half_width,
        case when p.cchc_group = k.cchc_group then p.group_rank end as before_group_rank
    from placed as k
    left join renamed as n on k.year = n.year and k.agency_id = n.agency_id
    left join placed as p on p.agency_id = coalesce(n.predecessor_id, k.agency_id) and k.year = p.year + 1
    left join regrouped as g on k.year = g.year and k.agency_id = g.agency_id
    left join {{ ref('int_assessment_linked') }} as l on k.year = l.year and k.agency_id = l.agency_id
    left join {{ source('methods', 'composite') }} as m on k.year = m.year and k.agency_id = m.agency_id
    left join {{ source('methods', 'composite') }} as d on p.year = d.year and p.agency_id = d.agency_id
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
    m.p_rating,
    m.rating_status,
    c.next_floor_pct - c.official_pct as to_next_floor_points,
    cast(c.overall_rank as bigint) as overall_rank,
    cast(c.group_rank as bigint) as group_rank,
    m.rank_lo,
    m.rank_hi,
    m.group_rank_lo,
    m.group_rank_hi,
    c.estimate_status,
    c.rank_status,
    m.se,
    m.ci_lo,
    m.ci_hi,
    m.adjusted_pct,
    m.difficulty_offset_points,
    m.beside_points,
    m.se_excl,
    c.bound_lo,
    c.bound_hi,
    m.adjusted_rank,
    b.rating as adjusted_rating,
    m.rule_min_rank,
    m.rule_max_rank,
    m.variant_min_rank,
    m.variant_max_rank,
    cast(m.p05_rank as double) as p05_rank,
    cast(m.p95_rank as double) as p95_rank,
    m.p_first,
    m.p_top3,
    case when c.comparison_reason is null and not c.is_other_set then c.before_official_pct end
        as previous_official_pct,
    case when c.comparison_reason is null then c.change_points end as diff_points,
    case
        when c.comparison_reason is null and not c.is_other_set then cast(c.before_group_rank as bigint)
    end as previous_group_rank,
    -- A difference inside what both intervals leave open is no clear change; one of unknown precision neither.
    case
        when c.comparison_reason is not null then 'not_comparable'
        when
            c.half_width is null
            or c.before_half_width is null
            or abs(c.change_points) <= 1e-9 + sqrt(
                c.half_width * c.half_width + c.before_half_width * c.before_half_width
            )
            then 'no_clear_change'
        when c.change_points > 0 then 'improved'
        else 'declined'
    end as comparison_status,
    c.comparison_reason,
    c.decision_number,
    {{ flag_list({
        'adjusted_not_estimable': "not coalesce(m.is_connected, true)",
        'appraisal_missing': "not c.has_appraisal",
        'bt_separated': "coalesce(m.is_separated, false)",
        'common_criteria_only': "c.is_other_set and c.comparison_reason is null",
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
left join {{ source('methods', 'composite') }} as m on c.year = m.year and c.agency_id = m.agency_id
left join {{ ref('int_assessment_bands') }} as b
    on
        c.year = b.year
        and c.cchc_group = b.cchc_group
        and c.rank_status in ('ranked', 'ranked_marked')
        and (m.adjusted_pct + m.beside_points >= b.floor_pct or b.floor_pct = 0)
        and m.adjusted_pct + m.beside_points < coalesce(b.next_floor_pct, 1000)
