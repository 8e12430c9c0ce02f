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
    r.method_version,
    r.as_of_date
from placed as p
cross join {{ ref('stg_run') }} as r
where p.recency = 1
