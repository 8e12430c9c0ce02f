with names as (
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
    d.group_code as district_code,
    n.district_name,
    d.index_form,
    d.is_official_form,
    d.n_units as n_communes,
    d.estimate_pct,
    m.se,
    m.ci_lo,
    m.ci_hi,
    cast(
        rank() over (partition by d.year, d.index_form order by round(d.estimate_pct, 9) desc nulls last) as integer
    ) as score_rank,
    m.rank_lo,
    m.rank_hi,
    {{ run_stamp() }}
from {{ ref('int_survey_means') }} as d
left join names as n on d.year = n.year and d.group_code = n.district_code and n.recency = 1
left join {{ source('methods', 'survey_mean') }} as m
    on
        d.year = m.year
        and d.mean_kind = m.mean_kind
        and d.group_code = m.group_code
        and d.index_form = m.index_form
where d.mean_kind = 'district'
