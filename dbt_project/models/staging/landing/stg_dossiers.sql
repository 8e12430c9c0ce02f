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
    d.due_at as printed_due_at,
    d.finished_at,
    d.returned_at,
    d.status,
    d.applicant_key,
    d.line,
    l.load_seq,
    l.load_rank
from {{ landing('dossiers') }} as d
inner join {{ ref('stg_current_loads') }} as l
    on d.load_id = l.load_id and l.source = 'dossiers'
