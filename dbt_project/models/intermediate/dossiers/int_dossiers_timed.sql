-- Net time and the three due dates. All comparisons of time are comparisons of these integers: days, or minutes of a
-- limit in hours, of which the hours are published, a begun one as a whole one.
with netted as (
    select
        d.*,
        s.is_paused_on_due_day,
        coalesce(s.is_paused_in_time, false) as is_paused_in_time,
        coalesce(s.paused_in_time_days, 0) as paused_in_time_span,
        coalesce(s.net_at_last_stop, 0) as net_at_last_stop,
        case when not d.has_invalid_dates then greatest(d.end_index - d.received_index, 0) end as elapsed_span,
        case when d.received_index is not null then coalesce(s.paused_days, 0) end as paused_span,
        {{ clock_span('d.clock_unit', 'd.deadline_length') }} as deadline_span,
        coalesce(s.is_paused, false) as is_stopped,
        d.is_received and d.end_reason is null and {{ is_paused_by_status('d.status') }} as is_paused_by_status
    from {{ ref('int_dossiers_clocked') }} as d
    left join {{ ref('int_dossier_pauses_summed') }} as s on d.dossier_code = s.dossier_code
),

aimed as (
    select
        *,
        is_stopped or is_paused_by_status as is_paused,
        is_paused_by_status and not is_stopped as is_pause_start_unknown,
        received_index + deadline_span as last_index,
        received_index + deadline_span + paused_in_time_span as last_index_paused
    from netted
),

-- A stop in the days by which a limit was moved gives none of them back.
moved as (
    select
        d.*,
        coalesce(o.moved_due_index, d.last_index) as due_original_index,
        case
            when d.last_index_paused is not null
                then
                    greatest(
                        coalesce(a.moved_due_index, d.last_index_paused),
                        d.received_index + d.paused_in_time_span + d.net_at_last_stop
                    )
        end as due_index
    from aimed as d
    left join {{ ref('int_deadline_days') }} as o
        on d.is_due_moved and d.clock_unit = o.deadline_unit and d.last_index = o.day_index
    left join {{ ref('int_deadline_days') }} as a
        on d.is_due_moved and d.clock_unit = a.deadline_unit and d.last_index_paused = a.day_index
),

placed as (
    select
        *,
        {{ clock_units('clock_unit', 'elapsed_span') }} as counted_days,
        {{ clock_units('clock_unit', '(elapsed_span - paused_span)') }} as counted_net_days,
        case when not is_paused_in_time then due_index end as due_adjusted_index,
        {{ clock_day('clock_unit', 'due_original_index', 'office_minutes') }} as due_original_day,
        {{ clock_day('clock_unit', 'due_index', 'office_minutes') }} as due_day,
        {{ clock_day('clock_unit', '(due_index + 1)', 'office_minutes') }} as overdue_from_day
    from moved
)

-- By an end on an unknown day only lateness can be known.
select
    d.*,
    case when not d.is_ended_without_date then d.counted_days end as elapsed_days,
    coalesce(d.counted_days - d.counted_net_days, d.paused_span) as paused_days,
    case when not d.is_ended_without_date then d.counted_net_days end as net_days,
    case
        when not d.is_ended_without_date
            then d.deadline_length + d.due_index - d.last_index_paused - d.counted_net_days
    end as margin_days,
    d.deadline_length + d.due_index - d.last_index_paused - d.counted_net_days as largest_margin_days,
    o.calendar_date as due_original_date,
    case when not d.is_paused_in_time then a.calendar_date end as due_adjusted_date,
    coalesce(cast(d.rescheduled_due_at as date), case when not d.is_paused_in_time then a.calendar_date end)
        as due_current_date,
    case
        when f.calendar_date <= d.clock_end_date and not d.has_invalid_dates then f.calendar_date
    end as overdue_from_date
from placed as d
left join {{ ref('int_deadline_days') }} as o
    on d.clock_unit = o.deadline_unit and d.due_original_day = o.day_index and o.is_due_day
left join {{ ref('int_deadline_days') }} as a
    on d.clock_unit = a.deadline_unit and d.due_day = a.day_index and a.is_due_day
left join {{ ref('int_deadline_days') }} as f
    on d.clock_unit = f.deadline_unit and d.overdue_from_day = f.day_index and f.is_due_day
