-- Dossiers whose clock stood still at the end of a month. In the last month the state on as_of_date counts, which
-- also knows pauses that only the status tells of.
with islands as (
    select
        p.resolving_agency_id as agency_id,
        {{ month_of('p.stop_date') }} as stop_month,
        {{ month_of('p.resume_date') }} as resume_month,
        p.is_open,
        count(*) as n_dossiers
    from {{ ref('int_dossier_pauses_merged') }} as p
    where p.resolving_agency_id is not null
    group by p.resolving_agency_id, {{ month_of('p.stop_date') }}, {{ month_of('p.resume_date') }}, p.is_open
)

select
    m.month,
    i.agency_id,
    cast(sum(i.n_dossiers) as bigint) as n_paused
from islands as i
inner join {{ ref('int_months_reported') }} as m
    on i.stop_month <= m.month and (i.is_open or i.resume_month > m.month)
where m.month < m.as_of_month
group by m.month, i.agency_id
union all
select
    m.month,
    d.agency_id,
    cast(sum(d.n_dossiers) as bigint) as n_paused
from {{ ref('int_dossiers_grouped') }} as d
cross join {{ ref('int_months_reported') }} as m
where d.is_paused and m.month = m.as_of_month
group by m.month, d.agency_id
