{{ config(materialized='table') }}

-- Ended by the log on a day that it leaves blank: the end by its event (when all are after as_of_date, the first of
-- them, which has not happened yet), and the last moment at which an event, or a log of an earlier day, shows that it
-- was still in hand, so that it cannot have ended before. What was handed over is in hand no longer.
with undated as (
    select
        dossier_code,
        returned_at
    from {{ ref('int_dossiers_latest') }}
    where finished_at is null and status in ('finished', 'returned', 'withdrawn', 'stopped')
),

reported as (
    select
        d.dossier_code,
        d.returned_at,
        e.occurred_at,
        e.event_type = 'finished' as is_end
    from undated as d
    inner join {{ ref('stg_dossier_events') }} as e on d.dossier_code = e.dossier_code
    where
        e.event_type in (
            'finished', 'transferred', 'supplement_notice', 'supplement_received', 'tax_notice', 'tax_paid', 'pause',
            'resume', 'apology_reschedule_notice', 'reopened'
        )
    union all
    select
        d.dossier_code,
        d.returned_at,
        cast(l.data_until_date as timestamp) as occurred_at,
        false as is_end
    from undated as d
    inner join {{ ref('stg_dossiers') }} as s on d.dossier_code = s.dossier_code
    inner join {{ ref('stg_current_loads') }} as l on s.load_seq = l.load_seq
    where s.status in ('received', 'processing', 'supplement_requested', 'awaiting_payment')
)

select
    p.dossier_code,
    coalesce(
        max(case when p.is_end and cast(p.occurred_at as date) <= r.as_of_date then p.occurred_at end),
        min(case when p.is_end then p.occurred_at end)
    ) as finished_at,
    max(
        case
            when
                not p.is_end
                and cast(p.occurred_at as date) <= r.as_of_date
                and coalesce(cast(p.occurred_at as date) <= cast(p.returned_at as date), true)
                then p.occurred_at
        end
    ) as in_hand_at
from reported as p
cross join {{ ref('stg_run') }} as r
group by p.dossier_code
