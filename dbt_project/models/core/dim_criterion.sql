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
    r.method_version,
    r.as_of_date
from {{ ref('stg_criteria') }} as c
cross join {{ ref('stg_run') }} as r
