select
    l.predecessor_id,
    l.successor_id,
    l.link_kind,
    l.effective_date,
    l.share,
    r.method_version,
    r.as_of_date
from {{ ref('stg_agency_links') }} as l
cross join {{ ref('stg_run') }} as r
