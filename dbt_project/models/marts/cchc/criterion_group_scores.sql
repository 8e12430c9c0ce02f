-- A heading with a criterion that applies and has no points yet has no percentage: missing is no zero.
with headings as (
    select
        s.year,
        s.agency_id,
        s.cchc_group,
        h.ancestor_code as criterion_code,
        s.set_id,
        cast(sum(case when s.is_applicable then s.max_points else 0 end) as decimal(11, 6)) as max_points,
        case
            when count(case when s.is_applicable then 1 end) > 0
                then cast(sum(coalesce(s.final_points, 0)) as decimal(11, 6))
        end as earned_points,
        count(case when s.is_applicable and s.final_points is null then 1 end) as n_pending
    from {{ ref('fct_criterion_score') }} as s
    inner join {{ source('registry', 'criteria_levels') }} as h
        on s.set_id = h.set_id and s.criterion_code = h.criterion_code and s.criterion_code <> h.ancestor_code
    where s.kind not in ('bonus', 'penalty')
    group by s.year, s.agency_id, s.cchc_group, h.ancestor_code, s.set_id
),

scored as (
    select
        *,
        case when n_pending = 0 then {{ percent('earned_points', 'max_points') }} end as score_pct
    from headings
),

means as (
    select
        year,
        cchc_group,
        criterion_code,
        {{ ratio(exact_sum('score_pct'), 'count(score_pct)') }} as group_mean_pct
    from scored
    group by year, cchc_group, criterion_code
)

select
    s.year,
    s.agency_id,
    s.criterion_code,
    d.level,
    s.earned_points,
    s.max_points,
    s.score_pct,
    m.group_mean_pct,
    {{ run_stamp() }}
from scored as s
inner join means as m
    on s.year = m.year and s.cchc_group = m.cchc_group and s.criterion_code = m.criterion_code
inner join {{ ref('dim_criterion') }} as d on s.set_id = d.set_id and s.criterion_code = d.criterion_code
