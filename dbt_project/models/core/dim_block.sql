select
    b.block_code,
    b.block_name,
    b.sort_order,
    b.valid_from,
    b.valid_to,
    {{ run_stamp() }}
from {{ ref('stg_blocks') }} as b
