select
    period_id,
    period_name,
    period_kind,
    cast(start_date as date) as start_date,
    cast(end_date as date) as end_date
from {{ input('registry', 'periods') }}
