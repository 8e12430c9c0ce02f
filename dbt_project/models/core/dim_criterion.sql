select
    c.set_id,
    c.criterion_code,
    c.area_code,
    c.area_name,
    c.criterion_name,
    c.max_points,
    c.kind,
    c.scored_by,
    c.requires,
    c.rule,
    {{ run_stamp() }}
from {{ ref('stg_criteria') }} as c
