{{ config(materialized='table') }}

-- A deadline is counted in its own unit; hours are told apart inside working days. A receipt after the cut-off hour of
-- a working day counts as one of the next working day; on a day off there is no cut-off.
with days as (
    select
        c.*,
        p.withdrawn_before_due,
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
)

select
    'working_day' as deadline_unit,
    calendar_date,
    working_day_index as day_index,
    working_day_index + 1 as day_index_after_cutoff,
    is_working_day as is_due_day,
    receipt_cutoff_at,
    code_date,
    withdrawn_before_due,
    morning_from,
    morning_to,
    afternoon_from,
    afternoon_to,
    office_minutes
from days
union all
select
    'calendar_day' as deadline_unit,
    calendar_date,
    calendar_day_index as day_index,
    next_working_calendar_index as day_index_after_cutoff,
    true as is_due_day,
    receipt_cutoff_at,
    code_date,
    withdrawn_before_due,
    morning_from,
    morning_to,
    afternoon_from,
    afternoon_to,
    office_minutes
from days
union all
select
    'hour' as deadline_unit,
    calendar_date,
    working_day_index as day_index,
    working_day_index + 1 as day_index_after_cutoff,
    is_working_day as is_due_day,
    receipt_cutoff_at,
    code_date,
    withdrawn_before_due,
    morning_from,
    morning_to,
    afternoon_from,
    afternoon_to,
    office_minutes
from days
