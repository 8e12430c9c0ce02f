{{ config(materialized='table') }}

-- The means of blocks, districts and populations. A mean is compared with the year before where both rest on the same
-- questionnaires and versions.
with places as (
    select
        *,
        row_number() over (
            partition by year, mean_kind, group_code, index_form
            order by round(estimate_pct, 9) nulls last, agency_id nulls last
        ) as place_from_below,
        row_number() over (
            partition by year, mean_kind, group_code, index_form
            order by round(estimate_pct, 9) desc nulls last, agency_id nulls last
        ) as place_from_above
    from {{ ref('int_survey_mean_members') }}
),

means as (
    select
        year,
        mean_kind,
        group_code,
        index_form,
        min(case when is_official_form then 1 else 0 end) = 1 as is_official_form,
        count(*) as n_units,
        cast(sum(n_valid) as bigint) as n_valid,
        {{ ratio(exact_sum('mean_weight * estimate_pct'), 'cast(sum(mean_weight) as double)') }} as estimate_pct,
        max(case when place_from_below = 1 then agency_id end) as min_agency_id,
        max(case when place_from_above = 1 then agency_id end) as max_agency_id,
        min(first_questionnaire) as first_questionnaire,
        max(last_questionnaire) as last_questionnaire
    from places
    group by year, mean_kind, group_code, index_form
)

select
    c.year,
    c.mean_kind,
    c.group_code,
    c.index_form,
    c.is_official_form,
    c.n_units,
    c.n_valid,
    c.estimate_pct,
    c.min_agency_id,
    c.max_agency_id,
    p.estimate_pct as previous_estimate_pct,
    p.year is not null as has_previous
from means as c
left join means as p
    on
        c.year = p.year + 1
        and c.mean_kind = p.mean_kind
        and c.group_code = p.group_code
        and c.index_form = p.index_form
        and c.first_questionnaire = p.first_questionnaire
        and c.last_questionnaire = p.last_questionnaire
