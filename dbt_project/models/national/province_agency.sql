select
    a.province_code,
    a.agency_id,
    a.agency_name,
    a.short_name,
    a.unit_kind,
    a.cchc_group,
    a.parent_agency_id,
    a.is_survey_eligible,
    a.is_current,
    a.method_version,
    a.as_of_date
from {{ source('provinces', 'agency') }} as a
