{{ config(materialized='table') }}

-- The end and the appointment of a dossier by its events, as known on as_of_date. When all ends are later, the first
-- of them is given; it has not happened yet.
with reported as (
    select
        e.dossier_code,
        e.event_type,
        e.occurred_at,
        e.new_due_at,
        case when cast(e.occurred_at as date) <= r.as_of_date then e.occurred_at end as known_at
    from {{ ref('stg_dossier_events') }} as e
    cross join {{ ref('stg_run') }} as r
    where e.event_type in ('withdrawn', 'refusal_notice', 'apology_reschedule_notice')
)

select
    dossier_code,
    coalesce(
        max(case when event_type = 'withdrawn' then known_at end),
        min(case when event_type = 'withdrawn' then occurred_at end)
    ) as withdrawn_at,
    coalesce(
        max(case when event_type = 'refusal_notice' then known_at end),
        min(case when event_type = 'refusal_notice' then occurred_at end)
    ) as refused_at,
    max_by(new_due_at, known_at) filter (
        where event_type = 'apology_reschedule_notice' and known_at is not null
    ) as rescheduled_due_at,
    count(distinct case when event_type = 'apology_reschedule_notice' then known_at end) > 1 as is_rescheduled_again
from reported
group by dossier_code
