{{ config(materialized='table') }}

-- Who is ranked in which year, by which set of criteria and which rules: the agencies with a ranking group on 31/12.
-- A year is ranked when a workbook of it has come, or when its workbooks were to come and the year is over.
with years as (
    select year from {{ ref('int_assessment_criteria') }}
    union
    select cast(extract(year from p.end_date) as integer) as year
    from {{ source('registry', 'expected_deliveries') }} as e
    inner join {{ source('registry', 'periods') }} as p on e.period_id = p.period_id
    cross join {{ ref('stg_run') }} as r
    where e.source = 'assessments' and p.end_date <= r.as_of_date
),

dated as (
    select
        year,
        {{ year_end('year') }} as year_end_date
    from years
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

decided as (
    select
        subject_year,
        decision_number,
        row_number() over (
            partition by subject_year order by decision_date desc nulls last, decision_number desc nulls last
        ) as recency
    from {{ source('registry', 'decisions') }}
    where decision_kind = 'ranking'
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
    y.year,
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
from ruled as y
inner join {{ source('registry', 'agencies') }} as a
    on a.cchc_group is not null and {{ valid_on('a', 'y.year_end_date') }}
left join {{ source('registry', 'criteria_sets') }} as s
    on y.year >= s.first_year and y.year <= coalesce(s.last_year, 9999)
left join decided as d on y.year = d.subject_year and d.recency = 1
left join delivered as w on y.year = w.year and a.agency_id = w.agency_id
