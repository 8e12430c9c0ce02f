select
    b.block_code,
    b.block_name,
    cast(b.sort_order as integer) as sort_order,
    b.valid_from,
    b.valid_to,
    {{ run_stamp() }}
from {{ source('registry', 'blocks') }} as b
