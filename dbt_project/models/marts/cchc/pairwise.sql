select
    cast(m.year as integer) as year,
    m.agency_id,
    m.other_agency_id,
    m.n_common_criteria,
    m.common_max_points,
    m.diff_points,
    m.verdict_status,
    {{ run_stamp() }}
from {{ source('methods', 'pairwise') }} as m
