select
    calendar_date,
    is_working_day,
    holiday_name,
    source_document
from {{ input('registry', 'calendar') }}
