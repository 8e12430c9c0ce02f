select
    list_name,
    value,
    label_vi,
    label_en,
    cast(sort_order as bigint) as sort_order
from {{ input('registry', 'labels') }}
