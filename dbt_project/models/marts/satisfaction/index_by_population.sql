select
    c.year,
    c.group_code as population,
    c.index_form,
    c.is_official_form,
    b.mean_basis,
    c.n_units,
    c.n_valid,
    c.estimate_pct,
    m.se,
    m.ci_lo,
    m.ci_hi,
    c.previous_estimate_pct,
    c.estimate_pct - c.previous_estimate_pct as diff_points,
    m.diff_lo,
    m.diff_hi,
    m.p_value,
    m.p_holm,
    m.comparison_status,
    {{ run_stamp() }}
from {{ ref('int_survey_means') }} as c
inner join {{ ref('int_survey_policies') }} as b on c.year = b.year
left join {{ source('methods', 'survey_mean') }} as m
    on
        c.year = m.year
        and c.mean_kind = m.mean_kind
        and c.group_code = m.group_code
        and c.index_form = m.index_form
where c.mean_kind = 'population'
