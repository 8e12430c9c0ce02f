select
    year,
    agency_id,
    net_days,
    n_risk,
    n_event,
    surv,
    surv_lo,
    surv_hi,
    cif_finished,
    cif_ended_otherwise
from {{ input('methods', 'turnaround_curve') }}
