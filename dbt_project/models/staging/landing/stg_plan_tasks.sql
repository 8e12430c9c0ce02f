select
    t.month,
    cast(t.task_no as integer) as task_no,
    cast(t.objective_no as integer) as objective_no,
    t.task_title,
    t.focus_topic,
    t.lead_agency_id,
    t.due_date,
    cast(t.progress_pct as double) as progress_pct,
    t.status as plan_status,
    t.line,
    l.load_seq,
    l.load_rank
from {{ landing('plan_tasks') }} as t
inner join {{ ref('stg_current_loads') }} as l
    on t.load_id = l.load_id and l.source = 'plan_tasks'
