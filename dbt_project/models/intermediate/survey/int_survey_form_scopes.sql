-- What each valid form answers in the whole index (factor_code NULL) and in each factor.
select
    f.form_id,
    f.year,
    f.agency_id,
    f.questionnaire_id,
    f.questionnaire_version,
    f.stratum,
    f.psu,
    f.weight,
    p.factor_code,
    p.n_answered,
    p.n_unsatisfied,
    p.lowest_answer,
    p.answered_weight,
    p.weighted_answers,
    p.answer_sum
from {{ ref('int_survey_form_factors') }} as p
inner join {{ ref('int_survey_forms') }} as f on p.form_id = f.form_id and p.load_seq = f.load_seq
where f.is_valid and p.factor_code is not null
union all
select
    form_id,
    year,
    agency_id,
    questionnaire_id,
    questionnaire_version,
    stratum,
    psu,
    weight,
    cast(null as string) as factor_code,
    n_answered,
    n_unsatisfied,
    lowest_answer,
    answered_weight,
    weighted_answers,
    answer_sum
from {{ ref('int_survey_forms') }}
where is_valid
