select
    l.predecessor_id,
    l.successor_id,
    l.link_kind,
    l.effective_date,
    l.share,
    {{ run_stamp() }}
from {{ ref('stg_agency_links') }} as l
