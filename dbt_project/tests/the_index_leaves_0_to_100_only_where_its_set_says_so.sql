select
    k.year,
    k.agency_id,
    k.official_pct
from {{ ref('ranking') }} as k
left join {{ source('registry', 'criteria_sets') }} as s on k.set_id = s.set_id
where
    (k.official_pct > 100 and not coalesce(s.may_exceed_100, false))
    or (k.official_pct < 0 and not coalesce(s.may_be_negative, false))
