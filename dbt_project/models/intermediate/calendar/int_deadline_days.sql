{{ config(materialized='table') }}

-- A deadline is counted in its own unit; hours are told apart inside working days. A receipt after the cut-off hour of
-- a working day counts as one of the next working day; on a day off there is no cut-off. A limit in
-- calendar days may be due on the next working day where its last day is a day off.
with days as (
    select
        c.*,
        p.withdrawn_before_due,
        p.calendar_due_moves,
        p.cutoff_applies_to_hours,
        p.morning_from,
        p.morning_to,
        p.afternoon_from,
        p.afternoon_to,
        p.morning_to - p.morning_from + p.afternoon_to - p.afternoon_from as office_minutes,
        n.calendar_day_index as next_working_calendar_index,
        case when c.is_working_day then {{ at_time('c.calendar_date', 'p.receipt_cutoff') }} end as receipt_cutoff_at,
        {{ yymmdd('c.calendar_date') }} as code_date
    from {{ ref('int_calendar_indexed') }} as c
    inner join {{ ref('int_policies_dated') }} as p on c.calendar_date = p.calendar_date
    left join {{ ref('int_calendar_indexed') }} as n
        on c.working_day_index + 1 = n.working_day_index and n.is_working_day
),

units as (
    {%- for unit in ['working_day', 'calendar_day', 'hour'] %}
        select '{{ unit }}' as deadline_unit
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select
    u.deadline_unit,
    d.calendar_date,
    case when u.deadline_unit = 'calendar_day' then d.calendar_day_index else d.working_day_index end as day_index,
    case when u.deadline_unit = 'calendar_day' then d.next_working_calendar_index else d.working_day_index + 1 end
        as day_index_after_cutoff,
    case
        when u.deadline_unit <> 'calendar_day' then d.working_day_index
        when d.is_working_day then d.calendar_day_index
        else d.next_working_calendar_index
    end as moved_due_index,
    u.deadline_unit = 'calendar_day' and d.calendar_due_moves as is_due_moved,
    u.deadline_unit = 'calendar_day' or d.is_working_day as is_due_day,
    case when u.deadline_unit <> 'hour' or d.cutoff_applies_to_hours then d.receipt_cutoff_at end as receipt_cutoff_at,
    d.code_date,
    d.withdrawn_before_due,
    d.morning_from,
    d.morning_to,
    d.afternoon_from,
    d.afternoon_to,
    d.office_minutes
from days as d
cross join units as u
