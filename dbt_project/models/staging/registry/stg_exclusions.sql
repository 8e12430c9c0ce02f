select
    agency_id,
    requires,
    exclusion_reason,
    exclusion_class,
    exclusion_document,
    cast(document_date as date) as document_date,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to
from {{ input('registry', 'exclusions') }}
