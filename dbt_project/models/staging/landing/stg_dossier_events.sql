select
    e.dossier_code,
    e.event_type,
    e.occurred_at,
    e.agency_id,
    e.document_no,
    e.new_due_at,
    e.line,
    l.load_seq
from {{ landing('dossier_events') }} as e
inner join {{ ref('stg_current_loads') }} as l
    on e.load_id = l.load_id and l.source = 'dossier_events'
