-- Months from the first of the calendar to the one of as_of_date; the last is counted as far as it has gone.
select distinct
    {{ month_of('c.calendar_date') }} as month,
    {{ month_of('r.as_of_date') }} as as_of_month
from {{ ref('stg_calendar') }} as c
cross join {{ ref('stg_run') }} as r
where c.calendar_date <= r.as_of_date
