-- A procedure counts at the online level that it had on the day of receipt.
with received as (
    select
        {{ month_of('d.received_at') }} as month,
        d.resolving_agency_id as agency_id,
        count(*) as n_received,
        count(case when d.is_online then 1 end) as n_online,
        count(case when p.online_level = 3 then 1 end) as n_level3,
        count(case when p.online_level = 4 then 1 end) as n_level4,
        count(case when p.online_level >= 3 and d.is_online then 1 end) as n_online_offered,
        count(case when d.is_e_dossier then 1 end) as n_e_dossier
    from {{ ref('fct_dossier') }} as d
    left join {{ ref('stg_procedures') }} as p
        on
            d.procedure_code = p.procedure_code
            and cast(d.received_at as date) >= p.valid_from
            and cast(d.received_at as date) < coalesce(p.valid_to, date '9999-12-31')
    where d.is_in_flow
    group by {{ month_of('d.received_at') }}, d.resolving_agency_id
)

select
    c.month,
    c.agency_id,
    c.n_received,
    c.n_online,
    {{ percent('c.n_online_offered', '(c.n_level3 + c.n_level4)') }} as online_pct,
    c.n_level3,
    c.n_level4,
    c.n_e_dossier,
    {{ percent('c.n_e_dossier', 'c.n_received') }} as e_dossier_pct,
    c.n_online_offered,
    r.method_version,
    r.as_of_date
from received as c
cross join {{ ref('stg_run') }} as r
