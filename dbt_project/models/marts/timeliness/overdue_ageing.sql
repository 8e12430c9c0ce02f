-- Working days from the first overdue day to as_of_date, both counted, whatever the unit of the time limit: once a
-- dossier is overdue no later pause undoes it. One that became overdue on a day off is a day old at least.
with overdue as (
    select
        d.resolving_agency_id as agency_id,
        greatest(
            a.working_day_index - f.working_day_index + case when f.is_working_day then 1 else 0 end, 1
        ) as overdue_days
    from {{ ref('fct_dossier') }} as d
    inner join {{ ref('int_calendar_indexed') }} as f on d.overdue_from_date = f.calendar_date
    inner join {{ ref('int_calendar_indexed') }} as a on d.as_of_date = a.calendar_date
    where d.is_in_flow and d.deadline_status = 'open_overdue'
),

classed as (
    select
        *,
        case
            when overdue_days <= 5 then '1-5'
            when overdue_days <= 10 then '6-10'
            when overdue_days <= 20 then '11-20'
            when overdue_days <= 60 then '21-60'
            else 'over 60'
        end as age_class
    from overdue
)

select
    c.agency_id,
    c.age_class,
    count(*) as n_open_overdue,
    max(c.overdue_days) as oldest_overdue_days,
    cast(percentile_cont(0.5) within group (order by c.overdue_days nulls last) as double) as median_overdue_days,
    {{ run_stamp() }}
from classed as c
group by c.agency_id, c.age_class
