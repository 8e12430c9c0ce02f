select
    year,
    agency_id,
    target_pct,
    lim95_lo,
    lim95_hi,
    lim998_lo,
    lim998_hi,
    z,
    z_adj,
    phi,
    tau2,
    flags
from {{ input('methods', 'funnel') }}
