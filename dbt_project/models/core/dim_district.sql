select
    d.district_code,
    d.district_name,
    cast(d.sort_order as integer) as sort_order,
    d.valid_from,
    d.valid_to,
    {{ run_stamp() }}
from {{ source('registry', 'districts') }} as d
