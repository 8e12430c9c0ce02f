-- Indexes count days: the difference of two is the number of working (or calendar) days between them.
select
    calendar_date,
    is_working_day,
    holiday_name,
    source_document,
    cast(
        sum(case when is_working_day then 1 else 0 end) over (
            order by calendar_date nulls last rows between unbounded preceding and current row
        ) as bigint
    ) as working_day_index,
    cast(row_number() over (order by calendar_date nulls last) as bigint) as calendar_day_index
from {{ source('registry', 'calendar') }}
