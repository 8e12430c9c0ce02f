{{ config(materialized='table') }}

-- Their pauses are unknown: a log may be delivered without events. A dossier whose receipt is an event has some; only
-- the others are searched among all events.
with without_receipt as (
    select d.dossier_code
    from {{ ref('int_dossiers_latest') }} as d
    where not exists (
        select 1
        from {{ ref('stg_dossier_events') }} as e
        where e.dossier_code = d.dossier_code and e.event_type = 'received'
    )
)

select d.dossier_code
from without_receipt as d
where not exists (
    select 1
    from {{ ref('stg_dossier_events') }} as e
    where e.dossier_code = d.dossier_code
)
