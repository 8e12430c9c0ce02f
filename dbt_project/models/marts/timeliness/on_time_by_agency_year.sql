with years as (
    select
        *,
        cast(period_key as integer) as year
    from {{ ref('int_on_time_rated') }}
    where period_kind = 'year'
)

select
    y.year,
    y.agency_id,
    {{ on_time_columns('y') }},
    m.n_observed_late,
    m.n_expected_late,
    m.oe_ratio,
    m.oe_lo,
    m.oe_hi,
    m.single_agency_pct,
    m.common_on_time_pct,
    f.target_pct,
    f.lim95_lo,
    f.lim95_hi,
    f.lim998_lo,
    f.lim998_hi,
    f.z,
    f.z_adj,
    f.phi,
    f.tau2,
    f.flags,
    {{ run_stamp() }}
from years as y
left join {{ source('methods', 'observed_expected') }} as m on y.year = m.year and y.agency_id = m.agency_id
left join {{ source('methods', 'funnel') }} as f on y.year = f.year and y.agency_id = f.agency_id
