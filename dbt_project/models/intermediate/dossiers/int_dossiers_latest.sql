-- The row of the highest-ranked load for dossiers that are in several loads.
select
    d.dossier_code,
    d.procedure_code,
    d.receiving_agency_id,
    d.resolving_agency_id,
    d.returning_agency_id,
    d.channel,
    d.is_e_dossier,
    d.submitted_at,
    d.received_at,
    d.printed_due_at,
    d.finished_at,
    d.returned_at,
    d.status,
    d.applicant_key,
    d.load_seq,
    false as is_from_events
from {{ ref('stg_dossiers') }} as d
left join {{ ref('int_dossiers_redelivered') }} as r on d.dossier_code = r.dossier_code
where r.dossier_code is null or d.load_seq = r.load_seq
union all
select
    dossier_code,
    cast(null as string) as procedure_code,
    receiving_agency_id,
    resolving_agency_id,
    returning_agency_id,
    cast(null as string) as channel,
    cast(null as boolean) as is_e_dossier,
    submitted_at,
    received_at,
    cast(null as timestamp) as printed_due_at,
    finished_at,
    returned_at,
    status,
    cast(null as string) as applicant_key,
    load_seq,
    true as is_from_events
from {{ ref('int_dossiers_from_events') }}
