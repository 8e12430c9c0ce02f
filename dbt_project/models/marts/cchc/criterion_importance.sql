select
    cast(m.year as integer) as year,
    m.set_id,
    m.criterion_code,
    m.weight_pct,
    m.importance_ratio,
    m.mean_rank_shift,
    m.largest_rank_shift,
    {{ run_stamp() }}
from {{ source('methods', 'criterion_importance') }} as m
