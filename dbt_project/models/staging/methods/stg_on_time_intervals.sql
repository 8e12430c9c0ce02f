select
    period_kind,
    period_key,
    agency_id,
    ci_lo,
    ci_hi
from {{ input('methods', 'on_time_interval') }}
