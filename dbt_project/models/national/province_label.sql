-- The lists to which a province adds values of its own; core.label has the code's.
select
    l.province_code,
    l.list_name,
    l.value,
    l.label_vi,
    l.label_en,
    l.sort_order,
    l.method_version,
    l.as_of_date
from {{ source('provinces', 'label') }} as l
where l.list_name in ('block_code', 'cchc_group', 'population', 'rating', 'unit_kind')
