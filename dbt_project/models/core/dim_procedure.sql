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
    r.method_version,
    r.as_of_date
from {{ ref('stg_procedures') }} as p
cross join {{ ref('stg_run') }} as r
