{{ config(materialized='table') }}

-- What the events say about the end and the appointment of a dossier.
select
    e.dossier_code,
    max(case when e.event_type = 'withdrawn' then e.occurred_at end) as withdrawn_at,
    max(case when e.event_type = 'refusal_notice' then e.occurred_at end) as refused_at,
    max_by(e.new_due_at, e.occurred_at) filter (
        where e.event_type = 'apology_reschedule_notice' and cast(e.occurred_at as date) <= r.as_of_date
    ) as rescheduled_due_at,
    count(distinct e.occurred_at) filter (
        where e.event_type = 'apology_reschedule_notice' and cast(e.occurred_at as date) <= r.as_of_date
    ) > 1 as is_rescheduled_again
from {{ event_rows() }} as e
cross join {{ ref('stg_run') }} as r
where e.event_type in ('withdrawn', 'refusal_notice', 'apology_reschedule_notice')
group by e.dossier_code
