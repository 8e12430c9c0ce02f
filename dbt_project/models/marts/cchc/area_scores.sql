-- An area with a criterion that applies and has no points yet has no percentage: missing is no zero.
with areas as (
    select
        year,
        agency_id,
        cchc_group,
        area_code,
        cast(sum(case when is_applicable then max_points else 0 end) as decimal(11, 6)) as max_points,
        case
            when count(case when is_applicable then 1 end) > 0
                then cast(sum(coalesce(final_points, 0)) as decimal(11, 6))
        end as earned_points,
        count(case when is_applicable and final_points is null then 1 end) as n_pending
    from {{ ref('fct_criterion_score') }}
    where kind not in ('bonus', 'penalty')
    group by year, agency_id, cchc_group, area_code
),

scored as (
    select
        *,
        case when n_pending = 0 then {{ percent('earned_points', 'max_points') }} end as area_pct
    from areas
),

means as (
    select
        year,
        cchc_group,
        area_code,
        {{ ratio(exact_sum('area_pct'), 'count(area_pct)') }} as group_mean_pct
    from scored
    group by year, cchc_group, area_code
),

contributed as (
    select
        s.year,
        s.agency_id,
        s.area_code,
        {{ exact_sum('c.contribution_points') }} as contribution_points
    from {{ ref('fct_criterion_score') }} as s
    inner join {{ source('methods', 'contributions') }} as c
        on s.year = c.year and s.agency_id = c.agency_id and s.criterion_code = c.criterion_code
    group by s.year, s.agency_id, s.area_code
)

select
    s.year,
    s.agency_id,
    s.area_code,
    s.earned_points,
    s.max_points,
    s.area_pct,
    m.group_mean_pct,
    c.contribution_points,
    {{ run_stamp() }}
from scored as s
inner join means as m on s.year = m.year and s.cchc_group = m.cchc_group and s.area_code = m.area_code
left join contributed as c on s.year = c.year and s.agency_id = c.agency_id and s.area_code = c.area_code
