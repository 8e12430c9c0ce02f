with levels as (
    select distinct
        set_id,
        criterion_code,
        level
    from {{ source('registry', 'criteria_levels') }}
)

select
    c.set_id,
    c.criterion_code,
    c.parent_code,
    cast(l.level as integer) as level,
    c.scored_by is not null as is_leaf,
    c.area_code,
    c.area_name,
    c.criterion_name,
    cast(c.max_points as decimal(11, 6)) as max_points,
    cast(coalesce(c.min_points, 0) as decimal(11, 6)) as min_points,
    c.kind,
    c.scored_by,
    c.requires,
    c.rule,
    {{ run_stamp() }}
from {{ source('registry', 'criteria') }} as c
inner join levels as l on c.set_id = l.set_id and c.criterion_code = l.criterion_code
