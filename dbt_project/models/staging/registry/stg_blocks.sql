select
    block_code,
    block_name,
    cast(sort_order as integer) as sort_order,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from {{ input('registry', 'blocks') }}
