-- A task as its last report has it.
with placed as (
    select
        *,
        row_number() over (partition by task_no order by month desc nulls last) as recency
    from {{ ref('int_plan_tasks_dated') }}
)

select
    p.task_no,
    p.objective_no,
    p.task_title,
    p.focus_topic,
    p.lead_agency_id,
    p.due_date,
    p.progress_pct,
    p.plan_status,
    p.month,
    {{ run_stamp() }}
from placed as p
where p.recency = 1
