select
    c.set_id,
    c.criterion_code,
    c.area_code,
    c.area_name,
    c.criterion_name,
    cast(c.max_points as decimal(9, 4)) as max_points,
    c.kind,
    c.scored_by,
    c.requires,
    c.rule,
    {{ run_stamp() }}
from {{ source('registry', 'criteria') }} as c
