{{ config(materialized='table') }}

-- Who is ranked in which year, by which set of criteria and which rules: the agencies with a ranking group on 31/12.
-- A group is ranked in a year when a workbook of one of its agencies has come, or was to come and the year is over.
with named as (
    select
        year,
        agency_id
    from {{ ref('int_assessment_criteria') }}
    union
    select
        cast(extract(year from p.end_date) as integer) as year,
        e.agency_id
    from {{ source('registry', 'expected_deliveries') }} as e
    inner join {{ source('registry', 'periods') }} as p on e.period_id = p.period_id
    cross join {{ ref('stg_run') }} as r
    where e.source = 'assessments' and p.end_date <= r.as_of_date
),

dated as (
    select
        year,
        {{ year_end('year') }} as year_end_date
    from named
    group by year
),

ruled as (
    select
        y.year,
        y.year_end_date,
        max(case when p.parameter = 'coverage_ranked' then cast(p.value as double) end) as coverage_ranked_pct,
        max(case when p.parameter = 'coverage_scored' then cast(p.value as double) end) as coverage_scored_pct,
        max(case when p.parameter = 'rank_overall' then p.value end) = '1' as is_ranked_overall,
        max(case when p.parameter = 'rating_scheme' then p.value end) as rating_scheme
    from dated as y
    left join {{ source('registry', 'policy_parameters') }} as p
        on
            {{ policy_on(
                'p', ['coverage_ranked', 'coverage_scored', 'rank_overall', 'rating_scheme'], 'y.year_end_date'
            ) }}
    group by y.year, y.year_end_date
),

grouped as (
    select
        y.year,
        a.agency_id,
        a.cchc_group,
        a.is_survey_eligible,
        max(case when n.agency_id is not null then 1 else 0 end) over (
            partition by y.year, a.cchc_group
        ) = 1 as is_group_ranked
    from dated as y
    inner join {{ source('registry', 'agencies') }} as a
        on a.cchc_group is not null and {{ valid_on('a', 'y.year_end_date') }}
    left join named as n on y.year = n.year and a.agency_id = n.agency_id
),

ranked_groups as (
    select distinct cchc_group from grouped
),

decided as (
    select
        d.subject_year,
        g.cchc_group,
        d.decision_number,
        row_number() over (
            partition by d.subject_year, g.cchc_group
            order by d.decision_date desc nulls last, d.decision_number desc nulls last
        ) as recency
    from {{ source('registry', 'decisions') }} as d
    inner join ranked_groups as g on {{ list_has('d.cchc_groups', 'g.cchc_group') }}
    where d.decision_kind = 'ranking'
),

delivered as (
    select
        year,
        agency_id,
        max(case when is_self_assessed then 1 else 0 end) = 1 as has_self_assessment,
        max(case when has_appraisal then 1 else 0 end) = 1 as has_appraisal
    from {{ ref('int_assessment_criteria') }}
    group by year, agency_id
)

select
    a.year,
    a.agency_id,
    y.year_end_date,
    a.cchc_group,
    a.is_survey_eligible,
    s.set_id,
    y.coverage_ranked_pct,
    y.coverage_scored_pct,
    coalesce(y.is_ranked_overall, false) as is_ranked_overall,
    y.rating_scheme,
    case when d.decision_number is not null then 'final' else 'provisional' end as stage,
    d.decision_number,
    coalesce(w.has_self_assessment, false) as has_self_assessment,
    coalesce(w.has_appraisal, false) as has_appraisal
from grouped as a
inner join ruled as y on a.year = y.year
left join {{ source('registry', 'criteria_sets') }} as s
    on
        a.year >= s.first_year
        and a.year <= coalesce(s.last_year, 9999)
        and {{ list_has('s.cchc_groups', 'a.cchc_group') }}
left join decided as d on a.year = d.subject_year and a.cchc_group = d.cchc_group and d.recency = 1
left join delivered as w on a.year = w.year and a.agency_id = w.agency_id
where a.is_group_ranked
