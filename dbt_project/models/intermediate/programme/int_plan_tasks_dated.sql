-- One row per task and month, as the delivery of the highest rank has it. A task that fell back below 100 % is done
-- again only in the month that says so again.
with known as (
    select
        t.*,
        row_number() over (
            partition by t.month, t.task_no order by t.load_rank desc nulls last, t.line desc nulls last
        ) as recency
    from {{ ref('stg_plan_tasks') }} as t
    inner join {{ ref('int_months_reported') }} as m on t.month = m.month
),

spells as (
    select
        *,
        progress_pct >= 100 as is_done,
        coalesce(
            progress_pct < lag(progress_pct) over (partition by task_no order by month nulls last), false
        ) as has_fallen,
        cast(
            sum(case when progress_pct >= 100 then 0 else 1 end) over (
                partition by task_no order by month nulls last rows between unbounded preceding and current row
            ) as bigint
        ) as n_open_months
    from known
    where recency = 1
)

select
    month,
    task_no,
    objective_no,
    task_title,
    focus_topic,
    lead_agency_id,
    due_date,
    progress_pct,
    plan_status,
    is_done,
    has_fallen,
    {{ month_of('due_date') }} as due_month,
    case
        when is_done then min(case when is_done then month end) over (partition by task_no, n_open_months)
    end as done_month
from spells
