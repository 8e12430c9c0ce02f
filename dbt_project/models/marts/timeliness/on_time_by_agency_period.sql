select
    p.period_key as period_id,
    p.agency_id,
    {{ on_time_columns('p') }},
    {{ run_stamp() }}
from {{ ref('int_on_time_rated') }} as p
where p.period_kind = 'period'
