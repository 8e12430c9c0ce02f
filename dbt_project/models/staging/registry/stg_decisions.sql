select
    decision_number,
    cast(decision_date as date) as decision_date,
    decision_kind,
    cast(subject_year as integer) as subject_year
from {{ input('registry', 'decisions') }}
