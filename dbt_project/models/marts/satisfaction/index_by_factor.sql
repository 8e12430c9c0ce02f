with precise as (
    select
        f.*,
        p.se,
        p.ci_lo,
        p.ci_hi,
        p.ci_method,
        p.variance_status,
        f.estimate_status = 'ok' as is_shown
    from {{ ref('int_survey_index_by_factor') }} as f
    left join {{ source('methods', 'survey_precision') }} as p
        on
            f.year = p.year
            and f.agency_id = p.agency_id
            and f.factor_code = p.factor_code
            and f.index_form = p.index_form
)

select
    f.year,
    f.agency_id,
    f.factor_code,
    f.index_form,
    f.is_official_form,
    f.estimate_pct,
    case when f.is_shown then f.se end as se,
    case when f.is_shown then f.ci_lo end as ci_lo,
    case when f.is_shown then f.ci_hi end as ci_hi,
    case when f.is_shown then f.ci_method end as ci_method,
    f.n_valid,
    case when f.is_shown then coalesce(f.variance_status, 'ok') else f.estimate_status end as estimate_status,
    {{ run_stamp() }}
from precise as f
