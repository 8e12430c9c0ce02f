select
    cast(t.year as integer) as year,
    t.agency_id,
    t.n,
    t.n_event,
    t.n_censored,
    t.median_days,
    t.median_lo,
    t.median_hi,
    t.rmst_days,
    t.rmst_se,
    t.rmst_tau_days,
    {{ run_stamp() }}
from {{ source('methods', 'turnaround') }} as t
