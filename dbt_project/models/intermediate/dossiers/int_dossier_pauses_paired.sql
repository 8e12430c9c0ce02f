-- A stop lasts until the next event of its kind; repeated stops touch each other and are merged later. A resume that
-- follows no stop pairs with nothing, unless the next and last event is its stop: then the two are the wrong way round,
-- but not where the log's status says that the dossier is stopped. Overlapping exports repeat events: each counts once.
-- From its end until it is reopened a dossier lies with nobody who could work on it.
with pause_events as (
    select
        e.dossier_code,
        e.event_type,
        e.occurred_at,
        min(e.load_seq) as load_seq,
        min(e.line) as line
    from {{ ref('stg_dossier_events') }} as e
    cross join {{ ref('stg_run') }} as r
    where
        e.event_type in ('supplement_notice', 'supplement_received', 'tax_notice', 'tax_paid', 'pause', 'resume')
        and cast(e.occurred_at as date) <= r.as_of_date
    group by e.dossier_code, e.event_type, e.occurred_at
),

typed as (
    select
        *,
        event_type in ('supplement_notice', 'tax_notice', 'pause') as is_stop,
        case
            when event_type in ('supplement_notice', 'supplement_received') then 'supplement'
            when event_type in ('tax_notice', 'tax_paid') then 'tax'
            else 'other'
        end as pause_kind
    from pause_events
),

ordered as (
    select
        *,
        lead(occurred_at) over (
            partition by dossier_code, pause_kind order by occurred_at nulls last, load_seq nulls last, line nulls last
        ) as next_at,
        lag(is_stop) over (
            partition by dossier_code, pause_kind order by occurred_at nulls last, load_seq nulls last, line nulls last
        ) as is_after_stop,
        lag(is_stop, 2) over (
            partition by dossier_code, pause_kind order by occurred_at nulls last, load_seq nulls last, line nulls last
        ) as is_second_after_stop
    from typed
),

stopped as (
    select dossier_code
    from {{ ref('int_dossiers_latest') }}
    where {{ is_paused_by_status('status') }}
)

select
    o.dossier_code,
    o.pause_kind,
    o.occurred_at as stopped_at,
    o.next_at as resumed_at,
    not o.is_stop as is_resume_without_stop,
    o.is_stop
    and o.next_at is null
    and not coalesce(o.is_after_stop, true)
    and not coalesce(o.is_second_after_stop, false)
    and s.dossier_code is null as is_reversed
from ordered as o
left join stopped as s on o.dossier_code = s.dossier_code
where o.is_stop or not coalesce(o.is_after_stop, false)
union all
select
    dossier_code,
    'finished' as pause_kind,
    ended_at as stopped_at,
    reopened_at as resumed_at,
    false as is_resume_without_stop,
    false as is_reversed
from {{ ref('int_dossier_reopenings') }}
where ended_at < reopened_at
