-- Days taken off the clock. Once a dossier is overdue no later pause undoes it: the pauses that began in time tell
-- since when it has been overdue, and so its state on any earlier day.
with measured as (
    select
        dossier_code,
        deadline_length,
        is_open,
        stop_index - received_index as elapsed_at_stop,
        resume_index - stop_index as paused_days,
        cast(
            sum(resume_index - stop_index) over (
                partition by dossier_code
                order by stop_index nulls last, resume_index nulls last, stop_date nulls last
                rows between unbounded preceding and current row
            ) as bigint
        ) as paused_days_so_far
    from {{ ref('int_dossier_pauses_merged') }}
)

select
    dossier_code,
    cast(sum(paused_days) as bigint) as paused_days,
    cast(
        sum(
            case when elapsed_at_stop - paused_days_so_far + paused_days <= deadline_length then paused_days else 0 end
        ) as bigint
    ) as paused_in_time_days,
    max(case when is_open then 1 else 0 end) = 1 as is_paused,
    -- Stopped with no day left: the only day on which a stop spares its agency a late dossier that nobody worked on.
    max(
        case
            when elapsed_at_stop - paused_days_so_far + paused_days = deadline_length and (paused_days > 0 or is_open)
                then 1
            else 0
        end
    ) = 1 as is_paused_on_due_day
from measured
group by dossier_code
