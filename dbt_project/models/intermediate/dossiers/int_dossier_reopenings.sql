{{ config(materialized='table') }}

-- Ended, reopened and ended again: one row per spell that an end closes or a reopening follows. The last spell of a
-- dossier that is not ended again has no row. Where no event tells the end before a reopening, the log's does. Few
-- dossiers are ever reopened; only their events are put in order.
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
    where
        e.event_type in ('finished', 'withdrawn', 'refusal_notice', 'reopened')
        and cast(e.occurred_at as date) <= r.as_of_date
    union all
    select
        d.dossier_code,
        'logged' as event_type,
        d.finished_at as occurred_at
    from {{ ref('int_dossiers_latest') }} as d
    inner join reopened as o on d.dossier_code = o.dossier_code
    where d.finished_at is not null
),

spells as (
    select
        *,
        coalesce(
            cast(
                sum(case when event_type = 'reopened' then 1 else 0 end) over (
                    partition by dossier_code
                    order by
                        occurred_at nulls last,
                        case when event_type = 'reopened' then 1 else 0 end nulls last,
                        event_type nulls last
                    rows between unbounded preceding and 1 preceding
                ) as bigint
            ), 0
        ) as spell
    from turns
),

summed as (
    select
        dossier_code,
        spell,
        min(case when event_type = 'finished' then occurred_at end) as finished_at,
        min(case when event_type = 'withdrawn' then occurred_at end) as withdrawn_at,
        min(case when event_type = 'refusal_notice' then occurred_at end) as refused_at,
        min(case when event_type = 'logged' then occurred_at end) as logged_at,
        max(case when event_type = 'reopened' then occurred_at end) as reopened_at
    from spells
    group by dossier_code, spell
)

select
    dossier_code,
    spell,
    case
        when withdrawn_at is not null then 'withdrawn'
        when refused_at is not null then 'refused'
        when finished_at is not null then 'finished'
    end as end_reason,
    coalesce(withdrawn_at, finished_at, refused_at, case when reopened_at is not null then logged_at end) as ended_at,
    reopened_at
from summed
where reopened_at is not null or withdrawn_at is not null or finished_at is not null or refused_at is not null
