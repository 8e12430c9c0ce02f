{{ config(materialized='table') }}

-- Ended by the log on a day that it leaves blank: the end by its event (when all are after as_of_date, the first of
-- them, which has not happened yet), and the last moment at which an event shows that it was still in hand, so that it
-- cannot have ended before. What was handed over is in hand no longer.
with undated as (
    select
        dossier_code,
        returned_at
    from {{ ref('int_dossiers_latest') }}
    where finished_at is null and status in ('finished', 'returned', 'withdrawn', 'stopped')
)

select
    d.dossier_code,
    coalesce(
        max(case when e.event_type = 'finished' and cast(e.occurred_at as date) <= r.as_of_date then e.occurred_at end),
        min(case when e.event_type = 'finished' then e.occurred_at end)
    ) as finished_at,
    max(
        case
            when
                e.event_type <> 'finished'
                and cast(e.occurred_at as date) <= r.as_of_date
                and coalesce(cast(e.occurred_at as date) <= cast(d.returned_at as date), true)
                then e.occurred_at
        end
    ) as in_hand_at
from undated as d
inner join {{ ref('stg_dossier_events') }} as e on d.dossier_code = e.dossier_code
cross join {{ ref('stg_run') }} as r
where
    e.event_type in (
        'finished', 'transferred', 'supplement_notice', 'supplement_received', 'tax_notice', 'tax_paid', 'pause',
        'resume', 'apology_reschedule_notice', 'reopened'
    )
group by d.dossier_code
