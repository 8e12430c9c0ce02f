-- The policy parameters of a survey year: in force on its last day, or on as_of_date in the current year.
with days as (
    select
        cast(extract(year from c.calendar_date) as integer) as year,
        max(c.calendar_date) as decided_date
    from {{ source('registry', 'calendar') }} as c
    inner join {{ ref('stg_run') }} as r on c.calendar_date <= r.as_of_date
    group by cast(extract(year from c.calendar_date) as integer)
)

select
    d.year,
    d.decided_date,
    cast(max(case when p.parameter = 'n_min_publish' then p.value end) as bigint) as n_min_publish,
    cast(max(case when p.parameter = 'n_min_rank' then p.value end) as bigint) as n_min_rank,
    cast(max(case when p.parameter = 'min_answered_pct' then p.value end) as double) as min_answered_pct,
    max(case when p.parameter = 'mean_basis' then p.value end) as mean_basis
from days as d
left join {{ source('registry', 'policy_parameters') }} as p
    on {{ policy_on('p', ['n_min_publish', 'n_min_rank', 'min_answered_pct', 'mean_basis'], 'd.decided_date') }}
group by d.year, d.decided_date
