-- Of whom and when the loads that count have rows.
select
    c.source,
    c.agency_id,
    c.first_date,
    c.last_date,
    l.load_seq
from {{ landing('coverage', '/*') }} as c
inner join {{ ref('stg_current_loads') }} as l on c.source = l.source and c.load_id = l.load_id
