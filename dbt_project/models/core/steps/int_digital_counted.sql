{{ config(materialized='table') }}

-- Dossiers received by month and agency, and how many of them came online, were offered online and are electronic. A
-- procedure counts at the online level that it had on the day of receipt.
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
left join {{ source('registry', 'procedures') }} as p
    on d.procedure_code = p.procedure_code and {{ valid_on('p', 'cast(d.received_at as date)') }}
where d.is_in_flow
group by {{ month_of('d.received_at') }}, d.resolving_agency_id
