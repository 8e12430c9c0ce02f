-- The on-time share is of all feedback that the agency has to answer, unanswered feedback included.
with counts as (
    select
        {{ month_of('received_date') }} as month,
        agency_id,
        count(*) as n_received,
        count(forwarded_date) as n_forwarded,
        count(answered_date) as n_answered,
        count(case when answered_date <= due_date then 1 end) as n_answered_on_time,
        count(published_date) as n_published,
        cast(percentile_cont(0.5) within group (order by answer_days nulls last) as double) as median_answer_days
    from {{ ref('int_feedback_timed') }}
    where agency_id is not null
    group by {{ month_of('received_date') }}, agency_id
)

select
    c.month,
    c.agency_id,
    c.n_received,
    c.n_forwarded,
    c.n_answered,
    c.n_answered_on_time,
    c.n_published,
    {{ percent('c.n_answered_on_time', 'c.n_received') }} as answered_on_time_pct,
    c.median_answer_days,
    {{ run_stamp() }}
from counts as c
