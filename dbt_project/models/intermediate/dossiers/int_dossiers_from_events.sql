-- A province that delivers events and no dossiers: each receipt among its events is a dossier of the agency that
-- received it, resolved by the one that ended it. Its procedure is unknown, so it is counted but is in no rate. Where
-- there is a log of dossiers, only the log counts: its rows may be deleted, quarantined or delivered later.
with loads as (
    select e.load_seq
    from {{ ref('stg_current_loads') }} as e
    where
        e.source = 'dossier_events'
        and not exists (
            select 1
            from {{ ref('stg_loads') }} as d
            where d.source = 'dossiers' and d.verdict_status in ('accepted', 'held')
        )
),

reported as (
    select
        e.dossier_code,
        min_by(e.agency_id, e.occurred_at) filter (where e.event_type = 'received') as receiving_agency_id,
        max_by(e.agency_id, e.occurred_at) filter (
            where e.event_type in ('finished', 'withdrawn', 'refusal_notice')
        ) as ending_agency_id,
        max_by(e.agency_id, e.occurred_at) filter (where e.event_type = 'returned') as returning_agency_id,
        min(case when e.event_type = 'submitted' then e.occurred_at end) as submitted_at,
        min(case when e.event_type = 'received' then e.occurred_at end) as received_at,
        max(case when e.event_type = 'finished' then e.occurred_at end) as finished_at,
        max(case when e.event_type = 'withdrawn' then e.occurred_at end) as withdrawn_at,
        max(case when e.event_type = 'refusal_notice' then e.occurred_at end) as refused_at,
        max(case when e.event_type = 'deleted' then e.occurred_at end) as deleted_at,
        max(case when e.event_type = 'returned' then e.occurred_at end) as returned_at,
        max(e.load_seq) as load_seq
    from {{ ref('stg_dossier_events') }} as e
    inner join loads as l on e.load_seq = l.load_seq
    cross join {{ ref('stg_run') }} as r
    where cast(e.occurred_at as date) <= r.as_of_date
    group by e.dossier_code
)

select
    dossier_code,
    receiving_agency_id,
    coalesce(ending_agency_id, receiving_agency_id) as resolving_agency_id,
    returning_agency_id,
    submitted_at,
    received_at,
    coalesce(finished_at, withdrawn_at) as finished_at,
    returned_at,
    case
        when withdrawn_at is not null then 'withdrawn'
        when refused_at is not null then 'stopped'
        when finished_at is not null then 'finished'
        else 'processing'
    end as status,
    load_seq
from reported
where received_at is not null and deleted_at is null
