-- What happened on a day, by resolving agency. Each pass over the dossiers groups by one day and a few closed lists, so
-- that millions of rows become a few thousand; all periods are made of these.
with received as (
    select
        resolving_agency_id as agency_id,
        cast(received_at as date) as day,
        case when deadline_status in ('invalid_dates', 'not_recomputable') then deadline_status end as class,
        is_paused,
        as_of_date,
        count(*) as n
    from {{ ref('fct_dossier') }}
    where is_in_flow
    group by
        resolving_agency_id, cast(received_at as date), is_paused, as_of_date,
        case when deadline_status in ('invalid_dates', 'not_recomputable') then deadline_status end
),

ended as (
    select
        resolving_agency_id as agency_id,
        counted_end_date as day,
        end_reason,
        deadline_status,
        case
            when deadline_status not in ('early', 'on_time', 'late') then null
            when system_status = deadline_status then 'system_same'
            when system_status <> deadline_status then 'system_different'
        end as agreement,
        overdue_from_date is not null as is_overdue,
        count(*) as n
    from {{ ref('fct_dossier') }}
    where is_in_flow and end_reason is not null
    group by
        resolving_agency_id,
        counted_end_date,
        end_reason, deadline_status, overdue_from_date is not null,
        case
            when deadline_status not in ('early', 'on_time', 'late') then null
            when system_status = deadline_status then 'system_same'
            when system_status <> deadline_status then 'system_different'
        end
),

happened as (
    select
        agency_id,
        day,
        'received' as measure,
        n
    from received
    union all
    select
        agency_id,
        day,
        class as measure,
        n
    from received
    where class is not null
    union all
    -- The state on as_of_date includes pauses known only from the status of a dossier.
    select
        agency_id,
        as_of_date as day,
        'paused_today' as measure,
        n
    from received
    where is_paused
    union all
    select
        agency_id,
        day,
        end_reason as measure,
        n
    from ended
    union all
    select
        agency_id,
        day,
        deadline_status as measure,
        n
    from ended
    where deadline_status in ('early', 'on_time', 'late')
    union all
    select
        agency_id,
        day,
        agreement as measure,
        n
    from ended
    where agreement is not null
    union all
    select
        agency_id,
        day,
        'overdue_ended' as measure,
        n
    from ended
    where is_overdue
    union all
    select
        resolving_agency_id as agency_id,
        overdue_from_date as day,
        'overdue_started' as measure,
        count(*) as n
    from {{ ref('fct_dossier') }}
    where is_in_flow and overdue_from_date is not null
    group by resolving_agency_id, overdue_from_date
    union all
    select
        resolving_agency_id as agency_id,
        due_adjusted_date as day,
        case when is_on_time then 'due_on_time' else 'due_late' end as measure,
        count(*) as n
    from {{ ref('fct_dossier') }}
    where is_in_flow and is_in_due_cohort
    group by resolving_agency_id, due_adjusted_date, is_on_time
)

select
    agency_id,
    day,
    measure,
    cast(sum(n) as bigint) as n
from happened
group by agency_id, day, measure
