select
    c.calendar_date,
    cast(extract(year from c.calendar_date) as integer) as year,
    cast(extract(month from c.calendar_date) as integer) as month,
    cast(extract(quarter from c.calendar_date) as integer) as quarter,
    c.is_working_day,
    c.working_day_index,
    c.holiday_name,
    c.source_document,
    {{ run_stamp() }}
from {{ ref('int_calendar_indexed') }} as c
