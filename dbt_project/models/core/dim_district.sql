select
    d.district_code,
    d.district_name,
    d.sort_order,
    d.valid_from,
    d.valid_to,
    {{ run_stamp() }}
from {{ ref('stg_districts') }} as d
