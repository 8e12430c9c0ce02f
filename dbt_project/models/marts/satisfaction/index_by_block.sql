with places as (
    select
        *,
        row_number() over (
            partition by year, block_code, index_form
            order by round(estimate_pct, 9) nulls last, agency_id nulls last
        ) as place_from_below,
        row_number() over (
            partition by year, block_code, index_form
            order by round(estimate_pct, 9) desc nulls last, agency_id nulls last
        ) as place_from_above
    from {{ ref('int_survey_index_by_agency') }}
    where estimate_status = 'ok' and is_survey_eligible and block_code is not null
),

blocks as (
    select
        year,
        block_code,
        index_form,
        count(*) as n_agencies,
        cast(sum(n_valid) as bigint) as n_valid,
        {{ ratio(exact_sum('estimate_pct'), 'count(*)') }} as estimate_pct,
        max(case when place_from_below = 1 then agency_id end) as min_agency_id,
        max(case when place_from_above = 1 then agency_id end) as max_agency_id,
        min(first_questionnaire) as first_questionnaire,
        max(last_questionnaire) as last_questionnaire
    from places
    group by year, block_code, index_form
)

select
    b.year,
    b.block_code,
    b.index_form,
    b.n_agencies,
    b.n_valid,
    b.estimate_pct,
    b.min_agency_id,
    b.max_agency_id,
    p.estimate_pct as previous_estimate_pct,
    b.estimate_pct - p.estimate_pct as diff_points,
    {{ run_stamp() }}
from blocks as b
left join blocks as p
    on
        b.year = p.year + 1
        and b.block_code = p.block_code
        and b.index_form = p.index_form
        and b.first_questionnaire = p.first_questionnaire
        and b.last_questionnaire = p.last_questionnaire
