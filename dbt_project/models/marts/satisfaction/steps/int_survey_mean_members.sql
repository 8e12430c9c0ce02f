-- The agencies whose indexes make the mean of a block, of a district (its communes) or of a population.
with members as (
    select
        a.*,
        case m.mean_basis when 'pooled' then a.n_valid else 1 end as mean_weight
    from {{ ref('int_survey_index_by_agency') }} as a
    inner join {{ ref('int_survey_policies') }} as m on a.year = m.year
    where a.estimate_status = 'ok' and a.is_survey_eligible
),

placed as (
    select
        *,
        'block' as mean_kind,
        block_code as group_code
    from members
    where block_code is not null
    union all
    select
        *,
        'district' as mean_kind,
        district_code as group_code
    from members
    where district_code is not null and population = 'communes'
    union all
    select
        *,
        'population' as mean_kind,
        population as group_code
    from members
)

select
    year,
    mean_kind,
    group_code,
    index_form,
    agency_id,
    is_official_form,
    mean_weight,
    n_valid,
    estimate_pct,
    first_questionnaire,
    last_questionnaire
from placed
