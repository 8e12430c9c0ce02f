select
    cast(year as integer) as year,
    agency_id,
    stratum,
    cast(frame_count as bigint) as frame_count
from {{ input('registry', 'survey_strata') }}
