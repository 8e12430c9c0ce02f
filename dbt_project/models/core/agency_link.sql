select
    l.predecessor_id,
    l.successor_id,
    l.link_kind,
    l.effective_date,
    cast(l.share as double) as share,
    {{ run_stamp() }}
from {{ source('registry', 'agency_links') }} as l
