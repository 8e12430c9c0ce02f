{{ config(materialized='table') }}

-- Dossiers that their log ends in an earlier month than their event does, or receives in a later one: what a log looks
-- like in which dates were changed afterwards, month by month.
select
    d.dossier_code,
    max(case when e.event_type <> 'received' then 1 else 0 end) = 1 as is_ended_before_event,
    max(case when e.event_type = 'received' then 1 else 0 end) = 1 as is_received_after_event
from {{ ref('int_dossiers_latest') }} as d
inner join {{ ref('stg_dossier_events') }} as e on d.dossier_code = e.dossier_code
cross join {{ ref('stg_run') }} as r
where
    cast(e.occurred_at as date) <= r.as_of_date
    and (
        e.event_type = 'received'
        and e.occurred_at < d.received_at
        and {{ month_of('e.occurred_at') }} < {{ month_of('d.received_at') }}
        or e.event_type = case
            when d.status in ('finished', 'returned') then 'finished'
            when d.status = 'withdrawn' then 'withdrawn'
            when d.status = 'stopped' then 'refusal_notice'
        end
        and e.occurred_at > d.finished_at
        and {{ month_of('e.occurred_at') }} > {{ month_of('d.finished_at') }}
    )
group by d.dossier_code
