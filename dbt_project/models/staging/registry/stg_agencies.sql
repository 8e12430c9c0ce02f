select
    agency_id,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    agency_name,
    short_name,
    unit_kind,
    block_code,
    cchc_group,
    parent_agency_id,
    district_code,
    cast(is_survey_eligible as boolean) as is_survey_eligible
from {{ input('registry', 'agencies') }}
