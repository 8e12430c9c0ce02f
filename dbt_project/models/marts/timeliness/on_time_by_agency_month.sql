-- R1 to R4 are METHODS 4.4. Dossiers without a recomputable deadline are in no class and so in no rate.
with counts as (
    select
        *,
        n_early + n_on_time as n_in_time,
        n_early + n_on_time + n_late as n_completed
    from {{ ref('int_on_time_counted') }}
)

select
    c.month,
    c.agency_id,
    c.n_carried_over,
    c.n_received,
    c.n_finished,
    c.n_withdrawn,
    c.n_stopped,
    c.n_early,
    c.n_on_time,
    c.n_late,
    c.n_open,
    c.n_open_overdue,
    c.n_paused,
    c.n_due_cohort,
    c.n_due_on_time,
    {{ percent('c.n_due_on_time', 'c.n_due_cohort') }} as on_time_pct,
    {{ percent('c.n_in_time', 'c.n_completed') }} as on_time_completed_only_pct,
    {{ percent('c.n_in_time', '(c.n_completed + c.n_open_overdue)') }} as on_time_with_overdue_pct,
    100 - {{ percent('(c.n_late + c.n_open_overdue)', '(c.n_received + c.n_carried_over)') }}
        as on_time_received_and_carried_pct,
    i.ci_lo,
    i.ci_hi,
    {{ percent('c.n_system_different', 'c.n_system_compared') }} as system_disagreement_pct,
    c.n_not_recomputable,
    c.n_invalid_dates,
    case when c.n_due_cohort = 0 then 'no_data' else 'ok' end as estimate_status,
    r.method_version,
    r.as_of_date
from counts as c
left join {{ ref('stg_on_time_intervals') }} as i on c.month = i.month and c.agency_id = i.agency_id
cross join {{ ref('stg_run') }} as r
