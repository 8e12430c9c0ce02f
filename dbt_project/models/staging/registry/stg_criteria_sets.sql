select
    set_id,
    set_name,
    cast(first_year as integer) as first_year,
    cast(last_year as integer) as last_year,
    basis_document
from {{ input('registry', 'criteria_sets') }}
