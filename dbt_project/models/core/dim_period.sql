select
    p.period_id,
    p.period_name,
    p.period_kind,
    p.start_date,
    p.end_date,
    r.method_version,
    r.as_of_date
from {{ ref('stg_periods') }} as p
cross join {{ ref('stg_run') }} as r
