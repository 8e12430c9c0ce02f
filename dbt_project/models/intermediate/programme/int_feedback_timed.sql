-- One row per feedback, as the delivery of the highest rank has it, on as_of_date. Where the portal prints no due date,
-- it is the last of the working days that the policy of the day of receipt gives.
with known as (
    select
        f.*,
        cast(f.received_at as date) as received_date,
        row_number() over (
            partition by f.feedback_id order by f.load_rank desc nulls last, f.line desc nulls last
        ) as recency
    from {{ ref('stg_citizen_feedback') }} as f
),

standing as (
    select
        k.feedback_id,
        k.agency_id,
        k.received_date,
        k.printed_due_date,
        case when cast(k.forwarded_at as date) <= r.as_of_date then cast(k.forwarded_at as date) end as forwarded_date,
        case when cast(k.answered_at as date) <= r.as_of_date then cast(k.answered_at as date) end as answered_date,
        case when cast(k.published_at as date) <= r.as_of_date then cast(k.published_at as date) end as published_date,
        cast(p.value as bigint) as feedback_days
    from known as k
    inner join {{ ref('stg_run') }} as r on k.received_date <= r.as_of_date
    left join {{ source('registry', 'policy_parameters') }} as p
        on {{ policy_on('p', ['feedback_days'], 'k.received_date') }}
    where k.recency = 1
)

select
    s.feedback_id,
    s.agency_id,
    s.received_date,
    s.forwarded_date,
    s.answered_date,
    s.published_date,
    coalesce(s.printed_due_date, d.calendar_date) as due_date,
    a.working_day_index - c.working_day_index as answer_days
from standing as s
left join {{ ref('int_calendar_indexed') }} as c on s.received_date = c.calendar_date
left join {{ ref('int_calendar_indexed') }} as a on s.answered_date = a.calendar_date
left join {{ ref('int_calendar_indexed') }} as d
    on c.working_day_index + s.feedback_days = d.working_day_index and d.is_working_day
