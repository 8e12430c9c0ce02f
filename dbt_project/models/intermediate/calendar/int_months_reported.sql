-- Months from the first of the calendar to the one of as_of_date.
select
    p.start_date as month,
    {{ month_of('r.as_of_date') }} as as_of_month
from {{ ref('int_reporting_periods') }} as p
cross join {{ ref('stg_run') }} as r
where p.period_kind = 'month'
