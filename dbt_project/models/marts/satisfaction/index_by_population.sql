with populations as (
    select
        year,
        population,
        index_form,
        min(case when is_official_form then 1 else 0 end) = 1 as is_official_form,
        count(*) as n_units,
        cast(sum(n_valid) as bigint) as n_valid,
        {{ ratio(exact_sum('estimate_pct'), 'count(*)') }} as estimate_pct,
        min(first_questionnaire) as first_questionnaire,
        max(last_questionnaire) as last_questionnaire
    from {{ ref('int_survey_index_by_agency') }}
    where estimate_status = 'ok' and is_survey_eligible
    group by year, population, index_form
)

select
    c.year,
    c.population,
    c.index_form,
    c.is_official_form,
    m.mean_basis,
    c.n_units,
    c.n_valid,
    c.estimate_pct,
    p.estimate_pct as previous_estimate_pct,
    c.estimate_pct - p.estimate_pct as diff_points,
    {{ run_stamp() }}
from populations as c
inner join {{ ref('int_survey_policies') }} as m on c.year = m.year
left join populations as p
    on
        c.year = p.year + 1
        and c.population = p.population
        and c.index_form = p.index_form
        and c.first_questionnaire = p.first_questionnaire
        and c.last_questionnaire = p.last_questionnaire
