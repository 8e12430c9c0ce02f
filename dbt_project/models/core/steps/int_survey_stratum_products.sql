-- Products of the PSU totals of two scopes, for the covariance of indexes that rest on the same forms. Only in the
-- official form, and only of scopes that a criterion turns into points.
with scopes as (
    select distinct coalesce(factor_code, '') as factor_code
    from {{ source('registry', 'criteria') }}
    where measure in ('satisfaction_index', 'factor_index')
),

totals as (
    select
        t.year,
        t.agency_id,
        t.questionnaire_id,
        t.questionnaire_version,
        t.stratum,
        t.psu_key,
        t.factor_code,
        w.official_form as index_form,
        case w.official_form
            when 'mean_minmax' then t.total_mean
            when 'mean_of_five' then t.total_mean * 0.8
            when 'top2_weighted' then t.total_top2
            when 'top2_pooled' then t.total_pooled
            when 'respondent_mean' then t.total_respondent
            else t.total_all
        end as total
    from {{ ref('int_survey_psu_totals') }} as t
    inner join scopes as c on t.factor_code = c.factor_code
    inner join {{ ref('int_survey_fieldwork') }} as w
        on
            w.is_in_index
            and t.year = w.year
            and t.agency_id = w.agency_id
            and t.questionnaire_id = w.questionnaire_id
            and t.questionnaire_version = w.questionnaire_version
)

select
    a.year,
    a.agency_id,
    a.questionnaire_id,
    a.questionnaire_version,
    a.stratum,
    a.index_form,
    a.factor_code,
    b.factor_code as other_factor_code,
    cast(sum(a.total * b.total) as double) as products
from totals as a
inner join totals as b
    on
        a.year = b.year
        and a.agency_id = b.agency_id
        and a.questionnaire_id = b.questionnaire_id
        and a.questionnaire_version = b.questionnaire_version
        and a.stratum = b.stratum
        and a.psu_key = b.psu_key
        and a.factor_code <= b.factor_code
group by
    a.year,
    a.agency_id,
    a.questionnaire_id,
    a.questionnaire_version,
    a.stratum,
    a.index_form,
    a.factor_code,
    b.factor_code
