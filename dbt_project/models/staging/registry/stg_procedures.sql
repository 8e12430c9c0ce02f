select
    procedure_code,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    procedure_name,
    field_code,
    cast(deadline_length as bigint) as deadline_length,
    deadline_unit,
    cast(online_level as bigint) as online_level,
    owner_agency_id
from {{ input('registry', 'procedures') }}
