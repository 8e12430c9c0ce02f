with districts as (
    select
        year,
        district_code,
        index_form,
        min(case when is_official_form then 1 else 0 end) = 1 as is_official_form,
        count(*) as n_communes,
        {{ ratio(exact_sum('estimate_pct'), 'count(*)') }} as estimate_pct
    from {{ ref('int_survey_index_by_agency') }}
    where estimate_status = 'ok' and is_survey_eligible and population = 'communes' and district_code is not null
    group by year, district_code, index_form
),

names as (
    select
        p.year,
        d.district_code,
        d.district_name,
        row_number() over (partition by p.year, d.district_code order by d.valid_from desc nulls last) as recency
    from {{ ref('int_survey_policies') }} as p
    inner join {{ source('registry', 'districts') }} as d on p.decided_date >= d.valid_from
)

select
    d.year,
    d.district_code,
    n.district_name,
    d.index_form,
    d.is_official_form,
    d.n_communes,
    d.estimate_pct,
    cast(
        rank() over (partition by d.year, d.index_form order by round(d.estimate_pct, 9) desc nulls last) as integer
    ) as score_rank,
    {{ run_stamp() }}
from districts as d
left join names as n on d.year = n.year and d.district_code = n.district_code and n.recency = 1
