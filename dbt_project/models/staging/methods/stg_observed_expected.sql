select
    year,
    agency_id,
    n_observed_late,
    n_expected_late,
    oe_ratio,
    oe_lo,
    oe_hi,
    single_agency_pct,
    common_on_time_pct
from {{ input('methods', 'observed_expected') }}
