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
    a.valid_from <= r.as_of_date and r.as_of_date < coalesce(a.valid_to, date '9999-12-31') as is_current,
    r.method_version,
    r.as_of_date
from {{ ref('stg_agencies') }} as a
cross join {{ ref('stg_run') }} as r
