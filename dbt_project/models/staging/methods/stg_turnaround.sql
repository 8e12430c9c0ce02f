select
    year,
    agency_id,
    n,
    n_event,
    n_censored,
    median_days,
    median_lo,
    median_hi,
    rmst_days,
    rmst_se,
    rmst_tau_days
from {{ input('methods', 'turnaround') }}
