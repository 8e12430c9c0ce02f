-- Due and done on time go by months: a report says how a task stands at the end of its month, not on which day it was
-- done. A month without report has a row without numbers for every agency of the report before it.
with counts as (
    select
        month,
        lead_agency_id as agency_id,
        count(distinct objective_no) as n_objectives,
        count(*) as n_tasks,
        count(case when due_month <= month then 1 end) as n_due,
        count(case when is_done then 1 end) as n_done,
        count(case when due_month <= month and done_month <= due_month then 1 end) as n_done_on_time,
        count(case when due_month <= month and not is_done then 1 end) as n_late,
        count(case when due_month > month then 1 end) as n_not_due,
        count(case when has_fallen then 1 end) as n_fallen
    from {{ ref('int_plan_tasks_dated') }}
    group by month, lead_agency_id
),

months as (
    select
        m.month,
        max(c.month) as last_reported_month
    from {{ ref('int_months_reported') }} as m
    inner join counts as c on m.month >= c.month
    group by m.month, m.as_of_month
    -- The month that is still running is missing only when the next one has begun.
    having m.month < m.as_of_month or max(c.month) = m.month
),

agencies as (
    select
        m.month,
        c.agency_id,
        case when m.month = m.last_reported_month then 'reported' else 'not_reported' end as report_status
    from months as m
    inner join counts as c on m.last_reported_month = c.month
)

select
    a.month,
    a.agency_id,
    a.report_status,
    c.n_objectives,
    c.n_tasks,
    c.n_due,
    c.n_done,
    c.n_done_on_time,
    c.n_late,
    c.n_not_due,
    c.n_fallen,
    {{ percent('c.n_done_on_time', 'c.n_due') }} as done_on_time_pct,
    {{ run_stamp() }}
from agencies as a
left join counts as c on a.month = c.month and a.agency_id = c.agency_id
