select
    f.year,
    f.agency_id,
    f.factor_code,
    f.index_form,
    f.is_official_form,
    f.estimate_pct,
    f.n_valid,
    f.estimate_status,
    {{ run_stamp() }}
from {{ ref('int_survey_index_by_factor') }} as f
