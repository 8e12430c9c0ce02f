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
    y.n_carried_over,
    y.n_received,
    y.n_finished,
    y.n_withdrawn,
    y.n_stopped,
    y.n_early,
    y.n_on_time,
    y.n_late,
    y.n_open,
    y.n_open_overdue,
    y.n_paused,
    y.n_due_cohort,
    y.n_due_on_time,
    y.on_time_pct,
    y.on_time_completed_only_pct,
    y.on_time_with_overdue_pct,
    y.on_time_received_and_carried_pct,
    y.ci_lo,
    y.ci_hi,
    y.system_disagreement_pct,
    y.n_not_recomputable,
    y.n_invalid_dates,
    y.estimate_status,
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
    y.method_version,
    y.as_of_date
from years as y
left join {{ ref('stg_observed_expected') }} as m on y.year = m.year and y.agency_id = m.agency_id
left join {{ ref('stg_funnel') }} as f on y.year = f.year and y.agency_id = f.agency_id
