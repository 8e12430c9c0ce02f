select
    p.procedure_code,
    p.valid_from,
    p.valid_to,
    p.procedure_name,
    p.field_code,
    p.deadline_length,
    p.deadline_unit,
    cast(p.online_level as integer) as online_level,
    p.owner_agency_id,
    {{ run_stamp() }}
from {{ source('registry', 'procedures') }} as p
