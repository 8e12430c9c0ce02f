select
    l.list_name,
    l.value,
    l.label_vi,
    l.label_en,
    cast(l.sort_order as integer) as sort_order,
    r.method_version,
    r.as_of_date
from {{ ref('stg_labels') }} as l
cross join {{ ref('stg_run') }} as r
