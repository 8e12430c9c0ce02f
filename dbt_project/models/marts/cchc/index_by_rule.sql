select
    cast(m.year as integer) as year,
    m.agency_id,
    m.rule,
    m.index_value,
    m.overall_rank,
    m.group_rank,
    {{ run_stamp() }}
from {{ source('methods', 'index_by_rule') }} as m
