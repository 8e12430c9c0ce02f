select
    a.agency_id,
    a.valid_from,
    a.valid_to,
    a.agency_name,
    a.short_name,
    a.unit_kind,
    a.block_code,
    a.cchc_group,
    a.parent_agency_id,
    a.district_code,
    a.is_survey_eligible,
    {{ valid_on('a', 'r.as_of_date') }} as is_current,
    {{ run_stamp() }}
from {{ source('registry', 'agencies') }} as a
cross join {{ ref('stg_run') }} as r
