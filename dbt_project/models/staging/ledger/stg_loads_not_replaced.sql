-- For sources with the load mode replace_period: a full export replaces the loads of lower rank whose whole period it
-- covers. A load without a period replaces nothing and stays.
select l.*
from {{ ref('stg_current_loads') }} as l
where not exists (
    select 1
    from {{ ref('stg_current_loads') }} as n
    where
        n.source = l.source
        and n.load_rank > l.load_rank
        and n.data_from_date <= l.data_from_date
        and n.data_until_date >= l.data_until_date
)
