select
    predecessor_id,
    successor_id,
    link_kind,
    cast(effective_date as date) as effective_date,
    cast(share as double) as share
from {{ input('registry', 'agency_links') }}
