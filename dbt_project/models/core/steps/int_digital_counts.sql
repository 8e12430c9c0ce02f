{{ config(materialized=kept_by_dossier(), incremental_strategy='add_changes', on_schema_change='fail') }}

-- Dossiers by month of receipt and how they were submitted. A procedure counts at the online level that it had on the
-- day of receipt.
select
    {{ month_of('d.received_at') }} as month,
    d.resolving_agency_id as agency_id,
    d.is_online,
    d.is_e_dossier,
    p.online_level,
    {{ count_changed() }} as n
from {{ changed_rows('fct_dossier') }} as d
left join {{ source('registry', 'procedures') }} as p
    on d.procedure_code = p.procedure_code and {{ valid_on('p', 'cast(d.received_at as date)') }}
where d.is_in_flow
group by {{ month_of('d.received_at') }}, d.resolving_agency_id, d.is_online, d.is_e_dossier, p.online_level
