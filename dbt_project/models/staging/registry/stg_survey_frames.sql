select
    cast(year as integer) as year,
    agency_id,
    questionnaire_id,
    questionnaire_version,
    cast(n_planned as bigint) as n_planned,
    cast(n_issued as bigint) as n_issued
from {{ input('registry', 'survey_frames') }}
