select
    cast(m.year as integer) as year,
    m.agency_id,
    m.scenario,
    m.best_rank,
    m.worst_rank,
    cast(m.p05_rank as double) as p05_rank,
    cast(m.p50_rank as double) as p50_rank,
    cast(m.p95_rank as double) as p95_rank,
    m.p_first,
    m.p_top3,
    m.sd_points,
    {{ run_stamp() }}
from {{ source('methods', 'weight_sensitivity') }} as m
