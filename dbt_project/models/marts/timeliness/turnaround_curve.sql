select
    cast(c.year as integer) as year,
    c.agency_id,
    c.net_days,
    c.n_risk,
    c.n_event,
    c.surv,
    c.surv_lo,
    c.surv_hi,
    c.cif_finished,
    c.cif_ended_otherwise,
    {{ run_stamp() }}
from {{ source('methods', 'turnaround_curve') }} as c
