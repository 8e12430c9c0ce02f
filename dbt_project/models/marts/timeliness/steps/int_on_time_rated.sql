-- The counts of every period with the rates of methods §4.4: what the marts of the month, the year and the registry's
-- periods publish.
select
    c.period_kind,
    c.period_key,
    c.start_date,
    c.agency_id,
    {{ on_time_counts('c') }},
    {{ on_time_rates('c') }},
    i.ci_lo,
    i.ci_hi,
    {{ percent('c.n_system_different', 'c.n_system_compared') }} as system_disagreement_pct,
    c.n_not_recomputable,
    c.n_invalid_dates,
    case when c.n_due_cohort = 0 then 'no_data' else 'ok' end as estimate_status
from {{ ref('int_on_time_counted') }} as c
left join {{ source('methods', 'on_time_interval') }} as i
    on c.period_kind = i.period_kind and c.period_key = i.period_key and c.agency_id = i.agency_id
