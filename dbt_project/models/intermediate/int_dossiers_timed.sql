-- Net time and the three due dates. All comparisons of time are comparisons of these integers.
with netted as (
    select
        d.*,
        s.paused_in_time_days,
        case when not d.has_invalid_dates then greatest(d.end_index - d.received_index, 0) end as elapsed_days,
        case when d.received_index is not null then coalesce(s.paused_days, 0) end as paused_days,
        d.is_received
        and d.end_reason is null
        and (coalesce(s.is_paused, false) or d.status in ('supplement_requested', 'awaiting_payment')) as is_paused
    from {{ ref('int_dossiers_clocked') }} as d
    left join {{ ref('int_dossier_pauses_summed') }} as s on d.dossier_code = s.dossier_code
),

aimed as (
    select
        *,
        elapsed_days - paused_days as net_days,
        deadline_length - (elapsed_days - paused_days) as margin_days,
        received_index + deadline_length as due_original_index,
        case when not is_paused then received_index + deadline_length + paused_days end as due_adjusted_index,
        received_index + deadline_length + coalesce(paused_in_time_days, 0) + 1 as overdue_from_index
    from netted
)

select
    d.*,
    o.calendar_date as due_original_date,
    a.calendar_date as due_adjusted_date,
    coalesce(cast(d.rescheduled_due_at as date), a.calendar_date) as due_current_date,
    case
        when f.calendar_date <= d.clock_end_date and not d.has_invalid_dates then f.calendar_date
    end as overdue_from_date
from aimed as d
left join {{ ref('int_deadline_days') }} as o
    on d.clock_unit = o.deadline_unit and d.due_original_index = o.day_index and o.is_due_day
left join {{ ref('int_deadline_days') }} as a
    on d.clock_unit = a.deadline_unit and d.due_adjusted_index = a.day_index and a.is_due_day
left join {{ ref('int_deadline_days') }} as f
    on d.clock_unit = f.deadline_unit and d.overdue_from_index = f.day_index and f.is_due_day
