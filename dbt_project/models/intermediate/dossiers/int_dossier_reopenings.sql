{{ config(materialized='table') }}

-- Finished, reopened and finished again: one row per spell that an end closes or a reopening follows. The last spell
-- of a dossier that is not finished again has no row. Few dossiers are ever reopened; only their events are put in
-- order.
with reopened as (
    select distinct e.dossier_code
    from {{ ref('stg_dossier_events') }} as e
    cross join {{ ref('stg_run') }} as r
    where e.event_type = 'reopened' and cast(e.occurred_at as date) <= r.as_of_date
),

turns as (
    select distinct
        e.dossier_code,
        e.event_type,
        e.occurred_at
    from {{ ref('stg_dossier_events') }} as e
    inner join reopened as d on e.dossier_code = d.dossier_code
    cross join {{ ref('stg_run') }} as r
    where e.event_type in ('finished', 'reopened') and cast(e.occurred_at as date) <= r.as_of_date
),

spells as (
    select
        *,
        coalesce(
            cast(
                sum(case when event_type = 'reopened' then 1 else 0 end) over (
                    partition by dossier_code order by occurred_at nulls last, event_type nulls last
                    rows between unbounded preceding and 1 preceding
                ) as bigint
            ), 0
        ) as spell
    from turns
)

select
    dossier_code,
    spell,
    min(case when event_type = 'finished' then occurred_at end) as finished_at,
    max(case when event_type = 'reopened' then occurred_at end) as reopened_at
from spells
group by dossier_code, spell
