select
    p.period_id,
    p.period_name,
    p.period_kind,
    p.start_date,
    p.end_date,
    {{ run_stamp() }}
from {{ source('registry', 'periods') }} as p
