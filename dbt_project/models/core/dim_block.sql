select
    b.block_code,
    b.block_name,
    b.sort_order,
    b.valid_from,
    b.valid_to,
    r.method_version,
    r.as_of_date
from {{ ref('stg_blocks') }} as b
cross join {{ ref('stg_run') }} as r
