select
    l.list_name,
    l.value,
    l.label_vi,
    l.label_en,
    cast(l.sort_order as integer) as sort_order,
    {{ run_stamp() }}
from {{ source('registry', 'labels') }} as l
