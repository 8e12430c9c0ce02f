select
    p.province_code,
    p.province_name,
    p.inclusion_reason is null as is_included,
    p.inclusion_reason,
    p.publication_id,
    p.published_at,
    p.data_until_date,
    p.publication_method_version,
    {{ run_stamp() }}
from {{ source('nation', 'provinces') }} as p
