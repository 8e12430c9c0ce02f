-- How and when processing ended, as known on as_of_date: an end after that day has not happened yet. A dossier that was
-- reopened after the end in the log has ended only if it has a later event of an end. The clock stops at the end, or
-- where its day is unknown at the last moment before which it cannot have ended.
with reopened as (
    select
        dossier_code,
        max(reopened_at) as reopened_at,
        max(case when reopened_at is null then ended_at end) as ended_again_at,
        max(case when reopened_at is null then end_reason end) as ended_again_reason
    from {{ ref('int_dossier_reopenings') }}
    group by dossier_code
),

reported as (
    select
        d.*,
        n.rescheduled_due_at,
        coalesce(n.is_rescheduled_again, false) as is_rescheduled_again,
        r.as_of_date,
        case
            when d.status = 'withdrawn' then 'withdrawn'
            when d.status = 'stopped' and cast(n.refused_at as date) <= r.as_of_date then 'refused'
            when d.status = 'stopped' then 'stopped'
            when d.status in ('finished', 'returned') then 'finished'
        end as log_end_reason,
        case
            when d.status = 'withdrawn' then coalesce(n.withdrawn_at, d.finished_at, u.finished_at)
            when d.status = 'stopped' then coalesce(d.finished_at, n.refused_at, u.finished_at)
            when d.status in ('finished', 'returned') then coalesce(d.finished_at, u.finished_at)
        end as log_end_at,
        o.reopened_at,
        o.ended_again_at,
        o.ended_again_reason,
        greatest(coalesce(u.in_hand_at, d.received_at), d.received_at) as in_hand_at,
        case when cast(d.returned_at as date) <= r.as_of_date then d.returned_at end as known_returned_at
    from {{ ref('int_dossiers_latest') }} as d
    left join {{ ref('int_dossier_notices') }} as n on d.dossier_code = n.dossier_code
    left join {{ ref('int_dossiers_undated') }} as u on d.dossier_code = u.dossier_code
    left join reopened as o on d.dossier_code = o.dossier_code
    cross join {{ ref('stg_run') }} as r
),

latest as (
    select
        *,
        case when not coalesce(log_end_at < reopened_at, false) then log_end_reason else ended_again_reason end
            as reported_end_reason,
        case when not coalesce(log_end_at < reopened_at, false) then log_end_at else ended_again_at end
            as reported_end_at
    from reported
)

select
    *,
    cast(received_at as date) as received_date,
    case when cast(reported_end_at as date) <= as_of_date then reported_end_at end as ended_at,
    case
        when cast(reported_end_at as date) <= as_of_date then reported_end_at
        when reported_end_at is null and reported_end_reason is not null then in_hand_at
    end as clock_end_at,
    case
        when reported_end_at is null or cast(reported_end_at as date) <= as_of_date then reported_end_reason
    end as end_reason,
    reported_end_reason is not null and reported_end_at is null as is_ended_without_date,
    reported_end_reason is not null
    and coalesce({{ is_before('coalesce(reported_end_at, known_returned_at)', 'received_at') }}, false)
        as has_invalid_dates,
    log_end_reason is null and finished_at is not null as is_open_with_finish,
    coalesce(status, '') not in ('registered', 'not_received')
    and coalesce(cast(received_at as date) <= as_of_date, true) as is_received
from latest
