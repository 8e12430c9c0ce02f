select
    l.load_seq,
    l.load_id,
    l.source,
    l.original_name,
    l.sha256,
    l.size_bytes,
    l.delivered_at,
    l.loaded_at,
    l.contract_version,
    l.rows_read,
    l.rows_accepted,
    l.rows_quarantined,
    l.rows_duplicate,
    l.rows_excluded,
    l.rows_held,
    l.verdict_status,
    l.reason,
    r.method_version,
    r.as_of_date
from {{ ref('stg_loads') }} as l
cross join {{ ref('stg_run') }} as r
