-- A missing day would be a day off for nobody and a working day for nobody.
select
    min(calendar_date) as first_day,
    max(calendar_date) as last_day,
    count(*) as n_days
from {{ ref('dim_date') }}
having count(*) <> {{ days_between('min(calendar_date)', 'max(calendar_date)') }} + 1
