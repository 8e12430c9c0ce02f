-- Net time and the three due dates. All comparisons of time are comparisons of these integers: days, or minutes of a
-- limit in hours, of which the hours are published, a begun one as a whole one.
with netted as (
    select
        d.*,
        s.paused_in_time_days,
        s.is_paused_on_due_day,
        case when not d.has_invalid_dates then greatest(d.end_index - d.received_index, 0) end as elapsed_span,
        case when d.received_index is not null then coalesce(s.paused_days, 0) end as paused_span,
        {{ clock_span('d.clock_unit', 'd.deadline_length') }} as deadline_span,
        d.is_received
        and d.end_reason is null
        and (coalesce(s.is_paused, false) or d.status in ('supplement_requested', 'awaiting_payment')) as is_paused
    from {{ ref('int_dossiers_clocked') }} as d
    left join {{ ref('int_dossier_pauses_summed') }} as s on d.dossier_code = s.dossier_code
),

aimed as (
    select
        *,
        {{ clock_units('clock_unit', 'elapsed_span') }} as elapsed_days,
        {{ clock_units('clock_unit', '(elapsed_span - paused_span)') }} as net_days,
        received_index + deadline_span as due_original_index,
        case when not is_paused then received_index + deadline_span + paused_span end as due_adjusted_index,
        received_index + deadline_span + coalesce(paused_in_time_days, 0) + 1 as overdue_from_index
    from netted
),

placed as (
    select
        *,
        coalesce(elapsed_days - net_days, paused_span) as paused_days,
        deadline_length - net_days as margin_days,
        {{ clock_day('clock_unit', 'due_original_index', 'office_minutes') }} as due_original_day,
        {{ clock_day('clock_unit', 'due_adjusted_index', 'office_minutes') }} as due_adjusted_day,
        {{ clock_day('clock_unit', 'overdue_from_index', 'office_minutes') }} as overdue_from_day
    from aimed
)

select
    d.*,
    o.calendar_date as due_original_date,
    a.calendar_date as due_adjusted_date,
    coalesce(cast(d.rescheduled_due_at as date), a.calendar_date) as due_current_date,
    case
        when f.calendar_date <= d.clock_end_date and not d.has_invalid_dates then f.calendar_date
    end as overdue_from_date
from placed as d
left join {{ ref('int_deadline_days') }} as o
    on d.clock_unit = o.deadline_unit and d.due_original_day = o.day_index and o.is_due_day
left join {{ ref('int_deadline_days') }} as a
    on d.clock_unit = a.deadline_unit and d.due_adjusted_day = a.day_index and a.is_due_day
left join {{ ref('int_deadline_days') }} as f
    on d.clock_unit = f.deadline_unit and d.overdue_from_day = f.day_index and f.is_due_day
