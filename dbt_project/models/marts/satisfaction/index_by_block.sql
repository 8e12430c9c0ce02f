select
    b.year,
    b.group_code as block_code,
    b.index_form,
    b.is_official_form,
    b.n_units as n_agencies,
    b.n_valid,
    b.estimate_pct,
    m.se,
    m.ci_lo,
    m.ci_hi,
    b.min_agency_id,
    b.max_agency_id,
    b.previous_estimate_pct,
    b.estimate_pct - b.previous_estimate_pct as diff_points,
    m.diff_lo,
    m.diff_hi,
    m.p_value,
    m.p_holm,
    m.comparison_status,
    {{ run_stamp() }}
from {{ ref('int_survey_means') }} as b
left join {{ source('methods', 'survey_mean') }} as m
    on
        b.year = m.year
        and b.mean_kind = m.mean_kind
        and b.group_code = m.group_code
        and b.index_form = m.index_form
where b.mean_kind = 'block'
