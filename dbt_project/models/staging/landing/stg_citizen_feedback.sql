select
    f.feedback_id,
    f.channel,
    f.agency_id,
    f.received_at,
    f.forwarded_at,
    f.due_date as printed_due_date,
    f.answered_at,
    f.published_at,
    f.is_satisfied,
    f.line,
    l.load_seq,
    l.load_rank
from {{ landing('citizen_feedback') }} as f
inner join {{ ref('stg_current_loads') }} as l
    on f.load_id = l.load_id and l.source = 'citizen_feedback'
