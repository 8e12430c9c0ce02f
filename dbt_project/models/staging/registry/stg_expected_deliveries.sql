select
    source,
    agency_id,
    period_id,
    cast(expected_by_date as date) as expected_by_date
from {{ input('registry', 'expected_deliveries') }}
