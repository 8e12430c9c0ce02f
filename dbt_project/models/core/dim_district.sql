select
    d.district_code,
    d.district_name,
    d.sort_order,
    d.valid_from,
    d.valid_to,
    r.method_version,
    r.as_of_date
from {{ ref('stg_districts') }} as d
cross join {{ ref('stg_run') }} as r
