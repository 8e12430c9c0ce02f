-- A missing day would be neither a working day nor a day off.
select
    min(calendar_date) as first_day,
    max(calendar_date) as last_day,
    count(*) as n_days
from {{ ref('dim_date') }}
having count(*) <> {{ days_between('min(calendar_date)', 'max(calendar_date)') }} + 1
