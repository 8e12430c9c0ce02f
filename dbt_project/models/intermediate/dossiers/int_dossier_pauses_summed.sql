-- Days taken off the clock. Once a dossier is overdue no later pause undoes it: only the pauses that began in time move
-- its due date. One begins in time while the net time is within the limit as it stands then; a limit in calendar days
-- that ends on a day off stands until the next working day.
with measured as (
    select
        dossier_code,
        deadline_length,
        received_index,
        is_due_moved,
        is_open,
        stop_date,
        stop_index,
        resume_index,
        resume_index - stop_index as paused_days,
        coalesce(
            cast(
                sum(resume_index - stop_index) over (
                    partition by dossier_code
                    order by stop_index nulls last, resume_index nulls last, stop_date nulls last
                    rows between unbounded preceding and 1 preceding
                ) as bigint
            ), 0
        ) as paused_days_before
    from {{ ref('int_dossier_pauses_merged') }}
),

limited as (
    select
        p.*,
        p.stop_index - p.received_index - p.paused_days_before as net_at_stop,
        coalesce(m.moved_due_index - p.received_index - p.paused_days_before, p.deadline_length) as limit_at_stop
    from measured as p
    left join {{ ref('int_deadline_days') }} as m
        on
            p.is_due_moved
            and m.deadline_unit = 'calendar_day'
            and p.received_index + p.deadline_length + p.paused_days_before = m.day_index
),

timed as (
    select
        *,
        min(case when net_at_stop <= limit_at_stop then 1 else 0 end) over (
            partition by dossier_code order by stop_index nulls last, resume_index nulls last, stop_date nulls last
            rows between unbounded preceding and current row
        ) = 1 as is_in_time
    from limited
)

select
    dossier_code,
    cast(sum(paused_days) as bigint) as paused_days,
    cast(sum(case when is_in_time then paused_days else 0 end) as bigint) as paused_in_time_days,
    max(case when is_in_time then net_at_stop end) as net_at_last_stop,
    max(case when is_open then 1 else 0 end) = 1 as is_paused,
    max(case when is_open and is_in_time then 1 else 0 end) = 1 as is_paused_in_time,
    -- Stopped with no day left: the only day on which a stop spares its agency a late dossier that nobody worked on.
    max(
        case when is_in_time and net_at_stop = limit_at_stop and (paused_days > 0 or is_open) then 1 else 0 end
    ) = 1 as is_paused_on_due_day
from timed
group by dossier_code
